/** Makes a binary frame as docs/api.md writes it, for the tests that stand in for the server. */
export function frameBytes(head: object, columns: Readonly<Record<string, readonly number[]>>): ArrayBuffer {
  const names = Object.keys(columns);
  const rows = columns[names[0]].length;
  let text = JSON.stringify({ ...head, rows, columns: names });
  let bytes = new TextEncoder().encode(text);
  while (bytes.length % 4 !== 0) {
    text += ' ';
    bytes = new TextEncoder().encode(text);
  }
  const out = new ArrayBuffer(4 + bytes.length + 4 * rows * names.length);
  new DataView(out).setUint32(0, bytes.length, true);
  new Uint8Array(out, 4, bytes.length).set(bytes);
  names.forEach((name, i) => new Float32Array(out, 4 + bytes.length + 4 * rows * i, rows).set(columns[name]));
  return out;
}
