// The question of lines of thought: the output of truncated states, and what maps between layers leave.

views.push(["lines", () => byId("lines-panels").append(...data.questions.lines.panels.map(layerCurves))]);
