// Hash: shortens a text to a number that tells texts apart. It is not secure.

/** `factor` is any odd number; two factors make two independent hashes. */
export function hash(text: string, factor = 31): string {
  let sum = 0
  for (let index = 0; index < text.length; index += 1) {
    sum = (Math.imul(sum, factor) + text.charCodeAt(index)) | 0
  }
  return (sum >>> 0).toString(36)
}
