const views = [["claims", startClaims]];
