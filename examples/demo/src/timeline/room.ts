// Room for labels: a label that would cover an earlier one of its row is left out.

const pxPerCharacter = 6.6
const paddingPx = 16

export interface Labelled {
  readonly atMs: number
  /** Empty for a dot. */
  readonly label: string
}

export function widthMs(label: string, pxPerSecond: number): number {
  return label === '' ? 0 : ((label.length * pxPerCharacter + paddingPx) / pxPerSecond) * 1000
}

/** For labels that are centred at their time, in the order of time. */
export function fitLabels<Item extends Labelled>(
  items: readonly Item[],
  pxPerSecond: number
): readonly Item[] {
  let takenUntilMs = Number.NEGATIVE_INFINITY
  return items.map((item) => {
    const halfMs = widthMs(item.label, pxPerSecond) / 2
    if (halfMs === 0) return item
    if (item.atMs - halfMs < takenUntilMs) return { ...item, label: '' }
    takenUntilMs = item.atMs + halfMs
    return item
  })
}
