// Recordings as WAV: browsers record in containers that no phone sends, but all can decode them.

const RATE = 16000;
const HEADER_BYTES = 44;

export async function decoded(blob) {
  const context = new OfflineAudioContext(1, 1, RATE);
  return context.decodeAudioData(await blob.arrayBuffer());
}

export async function asWave(blob) {
  const sound = await decoded(blob);
  const context = new OfflineAudioContext(1, Math.ceil(sound.duration * RATE), RATE);
  const source = context.createBufferSource();
  source.buffer = sound;
  source.connect(context.destination);
  source.start();
  const mono = await context.startRendering();
  return { file: new Blob([wave(mono.getChannelData(0))], { type: "audio/wav" }), seconds: mono.duration };
}

function wave(samples) {
  const bytes = samples.length * 2;
  const view = new DataView(new ArrayBuffer(HEADER_BYTES + bytes));
  const word = (at, letters) => [...letters].forEach((letter, index) => view.setUint8(at + index, letter.charCodeAt(0)));
  word(0, "RIFF");
  view.setUint32(4, HEADER_BYTES - 8 + bytes, true);
  word(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, RATE, true);
  view.setUint32(28, RATE * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  word(36, "data");
  view.setUint32(40, bytes, true);
  samples.forEach((sample, index) => {
    view.setInt16(HEADER_BYTES + index * 2, Math.max(-1, Math.min(1, sample)) * 0x7fff, true);
  });
  return view.buffer;
}
