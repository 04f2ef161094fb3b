// The views of a page without drawings of its own.

const views = [["claims", startClaims]];
