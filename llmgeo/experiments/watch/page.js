// The views of a page of a monitor's test: claims; the rest is tables.

const views = [["claims", startClaims]];
