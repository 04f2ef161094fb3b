// The views of a page of ways out of loops: claims; the rest is tables.

const views = [["claims", startClaims]];
