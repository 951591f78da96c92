// Rounds: repeats a race in real tabs, and counts how often each result comes.
import { sample } from '../tier.ts'

/** A few rounds in the matrix, and the full number in `npm run test:long`. */
export function roundsOf(sizes: { readonly matrix: number; readonly long: number }): number {
  const { ROUNDS } = process.env
  return ROUNDS === undefined ? sample({ test: sizes.matrix, ...sizes }) : Number(ROUNDS)
}

/** Plays the rounds one after another. Prints and returns how often each result came. */
export async function playRounds(
  name: string,
  rounds: number,
  play: (round: number) => Promise<string>
): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (let round = 0; round < rounds; round += 1) {
    const result = await play(round)
    counts[result] = (counts[result] ?? 0) + 1
  }
  console.log(`${name}, results of ${rounds} rounds: ${JSON.stringify(counts)}`)
  return counts
}
