// The views of a probe's page, in the order in which they are read.

const views = [
  ["opening", startOpening], ["claims", startClaims], ["curves", startCurves], ["claims", startEvidence], ["texts", startTexts], ["trajectory", startTrajectory], ["contrasts", startContrasts],
];
