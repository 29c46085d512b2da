// Runs the model beside the page, one frame at a time. Page side: model_view.js.
//
// In: { files, options } first, { options } when a choice has changed, { frame, timeMs } for an ImageBitmap.
// Out: { ready }, { people, frame, timeMs, modelMs } with the same ImageBitmap, or { failed }.

import { PeopleTracker } from "./people_tracker.js";

const tracker = new PeopleTracker();
let landmarker = null;
let files = null;
let options = null;
let working = Promise.resolve();

async function modelBytes(name) {
  const answer = await fetch(files + name);
  if (!answer.ok) throw new Error(`${answer.status}`);
  return new Uint8Array(await answer.arrayBuffer());
}

async function choose(wanted) {
  const before = options;
  options = wanted;
  tracker.smoothing = wanted.smoothing;
  const chosen = {
    runningMode: "VIDEO",
    numPoses: wanted.people,
    minPoseDetectionConfidence: wanted.detection,
    minPosePresenceConfidence: wanted.presence,
  };
  const same = before && ["model", "people", "detection", "presence"].every((name) => before[name] === wanted[name]);
  if (same) return;
  if (before?.model !== wanted.model) {
    // On the CPU: on some graphics drivers landmarks would be up to 12 pixels off.
    chosen.baseOptions = { modelAssetBuffer: await modelBytes(wanted.model), delegate: "CPU" };
  }
  if (landmarker) {
    await landmarker.setOptions(chosen);
    return;
  }
  const { PoseLandmarker } = await import(`${files}vision_bundle.mjs`);
  const program = `${files}vision_wasm_module_internal`;
  const fileset = { wasmLoaderPath: `${program}.js`, wasmBinaryPath: `${program}.wasm` };
  landmarker = await PoseLandmarker.createFromOptions(fileset, chosen);
}

function find(frame, timeMs) {
  const size = [frame.width, frame.height];
  const beginMs = performance.now();
  const { landmarks, worldLandmarks } = landmarker.detectForVideo(frame, timeMs);
  const modelMs = performance.now() - beginMs;
  const poses = landmarks.map((image, k) => ({
    points: Float64Array.from(image.flatMap(({ x, y }) => [x, y])),
    depths: Float64Array.from(image, ({ z }) => z),
    world: Float64Array.from(worldLandmarks[k].flatMap(({ x, y, z }) => [x, y, z])),
    visibility: Float32Array.from(image, ({ visibility }) => visibility),
  }));
  const people = tracker.update(poses, timeMs / 1000, options.people, size);
  postMessage({ people, frame, timeMs, modelMs }, [frame]);
}

async function work(data) {
  if (data.frame) find(data.frame, data.timeMs);
  else {
    files ??= data.files;
    await choose(data.options);
    postMessage({ ready: true });
  }
}

self.onmessage = ({ data }) => {
  working = working.then(() => work(data)).catch((error) => postMessage({ failed: String(error) }));
};
