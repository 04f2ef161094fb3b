// How numbers are said, the same as in report/words.py: three digits, and an interval with as many decimals as its value.

const MISSING = "not measured";
const SIGNS = ["°", "%"]; // units that stand behind every number

// Python rounds an exact half to the even digit, JavaScript away from zero: the screen and the page must not differ.
function fixed(value, decimals) {
  const said = value.toFixed(decimals), exact = Math.abs(value).toFixed(Math.min(100, decimals + 60));
  const cut = decimals ? exact.length - 60 : exact.indexOf(".");
  const tail = exact.slice(cut).replace(".", "");
  if (!/^50*$/.test(tail)) return said;
  const even = exact.slice(0, cut);
  return Number(even.at(-1)) % 2 ? said : (value < 0 ? "-" : "") + even;
}

function threeDigits(value) { // Python's format #.3g, and 0 is 0
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  const [mantissa, exponent] = value.toExponential(2).split("e");
  const power = Number(exponent);
  if (power >= -4 && power < 3) return fixed(value, 2 - power);
  const rounded = power < 3 ? mantissa : (Number(fixed(value / 10 ** (power - 2), 0)) / 100).toFixed(2);
  return `${rounded}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
}
const trimmed = (text) => (text.includes(".") ? text.replace(/\.?0+(?=e|$)/, "") : text); // without zeros at the end
const figure3 = (value) => (Math.abs(value) >= 100 && Math.abs(value) < 1e5 ? fixed(value, 1) : threeDigits(value));
const signOf = (measure) => (SIGNS.includes(measure.unit) ? measure.unit : "");

const PURE = { words: "", unit: "", scale: 1 }; // a number of no measure
const plain = (value) => (isNumber(value) ? figure3(value) : MISSING);
const shown = (measure, value) => (isNumber(value) ? figure3(value * measure.scale) + signOf(measure) : MISSING);

// The value with its interval: three digits of it, fewer where so wide an interval makes them idle.
function valueInterval(measure, value, low, high) {
  if (!isNumber(value)) return MISSING;
  if (!isNumber(low) || !isNumber(high)) return `${shown(measure, value)}, no interval`;
  const ends = [value, low, high].map((end) => end * measure.scale);
  const how = format(ends[0], (ends[2] - ends[1]) / 2);
  const [said, from, to] = ends.map((end) => (Number(how(end)) === 0 ? how(0) : how(end)));
  return `${said}${signOf(measure)} [${from}, ${to}]`;
}
function format(value, reach) {
  const largest = Math.max(Math.abs(value), reach);
  if (!(largest >= 1e-4 && largest < 1e5)) return threeDigits;
  if (largest >= 100) return (end) => fixed(end, 1);
  return (end) => fixed(end, 2 - Math.floor(Math.log10(Number(threeDigits(largest)))));
}


// Effects as in report/effect_words.py: of a hundred pairs of a text of either side.
function of100(share) {
  for (let decimals = 0; decimals < 12; decimals++) {
    const said = fixed(100 * share, decimals);
    if (share === 0 || share === 1 || (Number(said) > 0 && Number(said) < 100)) return said;
  }
  return fixed(100 * share, 11);
}
function higherOrLower(auc, low, high, side) {
  const isLower = auc < 0.5, [told, ...ends] = isLower ? [1 - auc, high, low].map((end, at) => (at && isNumber(end) ? 1 - end : end)) : [auc, low, high];
  return `${isLower ? "lower" : "higher"} in ${side} in ${of100(told)} of 100 pairs${pairsBetween(...ends)}`;
}
const pairsBetween = (low, high) => (isNumber(low) && isNumber(high) ? ` [${of100(low)} to ${of100(high)}]` : ", too few prompts for an interval");

const qWords = (value) => (!isNumber(value) ? "no q" : value < 0.001 ? "q < 0.001" : `q = ${fixed(value, value < 0.1 ? 3 : 2)}`);
const share = (value) => `${fixed(100 * value, value < 0.1 ? 1 : 0)} %`;

const capital = (text) => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
const axisTitle = (measure) => (measure.unit && !measure.words.includes(measure.unit) ? `${measure.words} (${measure.unit})` : measure.words);
const reason = (status) => data.reasons[status] || String(status).replaceAll("_", " ");
const counted = (count, word) => `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;
