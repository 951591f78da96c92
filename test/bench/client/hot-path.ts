// Hot path: the cost of a request with a valid token, against bare axios in the same process.
import { answerAtOnce, contenders } from './contenders.ts'

const rounds = 31
const requests = 400
const [, , name = 'everbearer', mode = 'sequential'] = process.argv
const token = `${'a'.repeat(40)}.${'b'.repeat(500)}.${'c'.repeat(60)}`

const [bare, chosen] = await Promise.all(
  ['bare axios', name].map((one) =>
    contenders.find((contender) => contender.name === one)?.create(answerAtOnce, token)
  )
)
if (!bare || !chosen) throw new Error(`there is no contender ${name}`)

async function timeOf(instance: typeof bare): Promise<number> {
  const startedAtMs = performance.now()
  if (mode === 'sequential') for (let one = 0; one < requests; one += 1) await instance?.get('/me')
  else await Promise.all(Array.from({ length: requests }, () => instance?.get('/me')))
  return (performance.now() - startedAtMs) / requests
}

for (let warmUp = 0; warmUp < 10; warmUp += 1) {
  await timeOf(bare)
  await timeOf(chosen)
}
const ratios: number[] = []
for (let round = 0; round < rounds; round += 1) {
  const bareMs = await timeOf(bare)
  const chosenMs = await timeOf(chosen)
  ratios.push(chosenMs / bareMs)
}
ratios.sort((one, other) => one - other)
const at = (share: number) => ratios[Math.floor(ratios.length * share)]?.toFixed(2)
console.log(`${name}, ${mode}: x${at(0.5)} (${at(0.25)} to ${at(0.75)})`)
