// The question of lensing: deflection by layer and kind of edit, and the difference that the claims are about.

views.push(["lensing", () => byId("lensing-panels").append(...data.questions.lensing.panels.map(layerCurves))]);
