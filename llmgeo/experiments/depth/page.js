// The views of a page of the depth axis. Each question's script, which follows, adds its own.

const views = [["claims", startClaims]];
