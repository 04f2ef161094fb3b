// The views of a page of clouds of many texts: every measure by layer, and the dimension by scale.

const views = [["claims", startClaims], ["curves", startClouds], ["scales", startCloudScales]];

function startClouds() {
  legend();
  byId("panels").replaceChildren(...data.curves.map(panel));
}

function startCloudScales() {
  if (!data.scales.calibrated.length) return;
  byId("scale-controls").replaceChildren(layerSlider("layer"));
  byId("scales").replaceChildren(scalePanel("calibrated", "Dimension", "Calibrated: flat for a Gaussian cloud of any dimension, whatever the number of texts."));
}
