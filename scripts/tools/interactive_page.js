// What a change of any control does: looks the kappas up, applies (13), (14), (16) and (22) of Karakida, Akaho, Amari 2019,
// and shows numbers, map and spectrum. `data` has the tables, `controls` the widgets, `sources` what the plots draw.
const axis = data.axes;
const name = controls.activation.value;
const nearest = (values, value) => values.reduce((best, one, i) => Math.abs(one - value) < Math.abs(values[best] - value) - 1e-12 ? i : best, 0);
const column = nearest(axis.sigma_w2, controls.sigma_w2.value);
const row = nearest(axis.sigma_b2, controls.sigma_b2.value);
const layer = nearest(axis.depths, controls.depth.value);
const [w2, b2, depth] = [axis.sigma_w2[column], axis.sigma_b2[row], axis.depths[layer]];
const within = (value, low, fallback) => (Number.isFinite(value) && value >= low ? value : fallback);
const width = within(controls.width.value, 1, 1000);
const samples = within(controls.samples.value, 2, 100);
const momentum = controls.momentum.value;
const [rows, columns] = [axis.sigma_b2.length, axis.sigma_w2.length];
const kappas = sources.kappas.data;
const alpha = depth - 1;

function eigenvalues(kappa_1, kappa_2) {
    const uniform = (1 - 1 / samples) * kappa_2 + kappa_1 / samples;
    const others = (kappa_1 - kappa_2) / samples;
    return {
        mean: kappa_1 / width,
        second_moment: alpha * ((1 - 1 / samples) * kappa_2 ** 2 + kappa_1 ** 2 / samples),
        maximum: alpha * Math.max(uniform, others) * width,
        others: alpha * others * width,
    };
}
const rate = (maximum) => 2 * (1 + momentum) / maximum;
const place = (r, c) => (layer * rows + r) * columns + c;
const at = (which, r, c) => kappas[`${name} ${which}`][place(r, c)];

// Numbers
const [kappa_1, kappa_2] = [at("kappa_1", row, column), at("kappa_2", row, column)];
const found = eigenvalues(kappa_1, kappa_2);
const chi = sources.chi.data[name][row * columns + column];
const shown = {
    kappa_1, kappa_2, chi,
    eigenvalue_mean: found.mean,
    eigenvalue_second_moment: found.second_moment,
    eigenvalue_maximum: found.maximum,
    critical_learning_rate: rate(found.maximum),
    critical_learning_rate_mse: rate(found.maximum) / 2,
};
for (const [key, value] of Object.entries(shown)) {
    const cell = document.getElementById(`interactive-${key}`);
    if (cell) {
        cell.textContent = Number(value.toPrecision(4)).toString();
        cell.dataset.value = value;
    }
}
const say = (key, text) => { const cell = document.getElementById(`interactive-${key}`); if (cell) cell.textContent = text; };
const rounding = 1e-9;  // of chi, which is exactly 1 for ReLU at 2
say("phase", Math.abs(chi - 1) < rounding ? "edge of chaos" : chi < 1 ? "order" : "chaos");
say("network", `${name}, L = ${depth}, M = ${width}, T = ${samples}, σw² = ${w2}, σb² = ${b2}, momentum ${momentum}`);

// Map of the critical learning rate, the line chi = 1, and the point of the sliders
const map = [];
for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
        const [one, two] = [at("kappa_1", r, c), at("kappa_2", r, c)];
        map.push(two === 0 ? NaN : Math.log10(rate(eigenvalues(one, two).maximum)));  // Theorem 4 does not apply to kappa_2 = 0
    }
}
const finite = map.filter(Number.isFinite);
sources.map.data.image[0].set(map);
sources.map.change.emit();
color_mapper.low = Math.min(...finite);
color_mapper.high = Math.max(...finite);
sources.edge.data = {sigma_w2: sources.edges.data[`${name} sigma_w2`], sigma_b2: sources.edges.data[`${name} sigma_b2`]};
sources.point.data = {sigma_w2: [w2], sigma_b2: [b2]};

// Spectrum: the bulk in units of its mean at the nearest point of its coarser grid, moved to its own mean
const bulk = data.bulk_axes;
const [bc, br, bl] = [nearest(bulk.sigma_w2, w2), nearest(bulk.sigma_b2, b2), nearest(bulk.depths, depth)];
const start = ((bl * bulk.sigma_b2.length + br) * bulk.sigma_w2.length + bc) * bulk.points.length;
const heights = Array.from(sources.bulks.data[name].slice(start, start + bulk.points.length));
const x = [], y = [];
bulk.points.forEach((point, i) => {
    if (point > 0 && heights[i] > 0) { x.push(point * found.others); y.push(point * heights[i]); }
});
const tabulated = Math.abs(samples / width / bulk.samples_over_width - 1) < 0.5;
sources.bulk.data = tabulated && found.others > 0 ? {x, y} : {x: [], y: []};
sources.lines.data = {...sources.lines.data, x: [found.mean, found.others, found.maximum]};
const ends = [found.mean, found.others, found.maximum].filter((v) => v > 0 && Number.isFinite(v));
x_range.start = Math.min(...ends) / 3;
x_range.end = Math.max(...ends, ...x) * 3;
y_range.end = Math.max(0.5, ...sources.bulk.data.y) * 1.25;

// Where the numbers are not to be trusted
const edge = x.length ? Math.max(...x) : found.others;
const notes = [];
if (kappa_2 === 0) notes.push("κ₂ = 0: an odd activation without biases. No eigenvalue leaves the bulk, Theorem 4 does not apply, and the true largest eigenvalue is the edge of the bulk.");
else if (found.maximum < edge) notes.push("The largest eigenvalue of Theorem 4 lies inside the bulk: the edge of the bulk is larger, and the critical rate lower.");
if (samples > width) notes.push("T > M: the limit is of few samples; the largest eigenvalue is larger than shown.");
if (tabulated) notes.push(`Bulk: shape at T/M = ${bulk.samples_over_width}, L = ${bulk.depths[bl]}, σw² = ${bulk.sigma_w2[bc]}, σb² = ${bulk.sigma_b2[br]}, the nearest point that is tabulated; its mean is that of the sliders.`);
else notes.push(`The bulk is tabulated for T/M near ${bulk.samples_over_width}; here only its mean is drawn.`);
const list = document.getElementById("interactive-notes");
if (list) list.replaceChildren(...notes.map((note) => { const item = document.createElement("li"); item.textContent = note; return item; }));
