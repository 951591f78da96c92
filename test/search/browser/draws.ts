// Draws: random numbers by label. A history that loses one of its steps keeps all other numbers.

/** A number, at least 0 and less than 1. */
export type Draw = (label: string) => number

export function createDraws(seed: number): Draw {
  const counts = new Map<string, number>()
  return (label) => {
    const count = counts.get(label) ?? 0
    counts.set(label, count + 1)
    return hash(`${seed} ${label} ${count}`)
  }
}

/** FNV-1a, and the last steps of MurmurHash3. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let index = 0; index < text.length; index += 1) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193)
  }
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35)
  return ((value ^ (value >>> 16)) >>> 0) / 2 ** 32
}
