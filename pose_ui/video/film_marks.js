// What is marked on the curves of a film (film_charts.js). Own marks below them: a line through the curves, and a flag with its
// text, which a click finds. Notches above the lanes: where left and right of a person were put right.

const FLAG_PX = 10;
const ROW_PX = 18;

export function drawMarks(charts, ctx, marks, top) {
  const { markTop } = charts;
  const places = marks.map(({ time_s }) => charts.x(charts.nearest(time_s)));
  marks.forEach(({ text }, k) => {
    const x = places[k];
    ctx.fillStyle = charts.ink;
    ctx.globalAlpha = 0.45;
    ctx.fillRect(x - 0.5, top, 1, markTop - top);
    ctx.globalAlpha = 1;
    ctx.beginPath();
    ctx.moveTo(x, markTop);
    ctx.lineTo(x + FLAG_PX, markTop + FLAG_PX / 2);
    ctx.lineTo(x, markTop + FLAG_PX);
    ctx.fill();
    const room = Math.min(...places.filter((other) => other > x), charts.width) - x - FLAG_PX - 6;
    let short = text;
    ctx.font = charts.font;
    while (short && ctx.measureText(`${short}\u2026`).width > room) short = short.slice(0, -1);
    if (short) charts.text(ctx, short === text ? text : `${short}\u2026`, x + FLAG_PX + 3, markTop + FLAG_PX);
  });
}

// The frame of the flag at a place; null if there is none.
export function markAt(charts, x, y) {
  if (y < charts.markTop - 4 || y > charts.markTop + ROW_PX) return null;
  const frames = (charts.player.data.marks ?? []).map(({ time_s }) => charts.nearest(time_s));
  return frames.findLast((frame) => x >= charts.x(frame) - 4 && x <= charts.x(frame) + FLAG_PX + 6) ?? null;
}

function notch(ctx, x, y) {
  ctx.beginPath();
  ctx.moveTo(x - 4, y);
  ctx.lineTo(x + 4, y);
  ctx.lineTo(x, y + 7);
  ctx.fill();
}

// Times of frames, above the lanes that begin at `top`; what they mean stands in the line above, up to `right`.
export function drawFlips(charts, ctx, timesS, top, right) {
  const { flips } = charts.player.data.texts;
  charts.text(ctx, flips, right, top - 7, "right");
  notch(ctx, right - ctx.measureText(flips).width - 9, top - 15);
  for (const timeS of timesS) notch(ctx, charts.x(charts.nearest(timeS)), top - 4);
}
