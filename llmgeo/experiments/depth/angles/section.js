// The views of the question of angles.

views.push(["angles", () => byId("angles").append(make("p", { class: "note" }, `${data.questions.angles.layers.length} layers`))]);
