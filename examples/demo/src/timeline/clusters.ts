// Draws calls together that came at the same moment: twenty dots on one spot would look like one.

export interface Cluster<Item> {
  readonly atMs: number
  readonly kind: string
  readonly items: readonly Item[]
}

/** Less than the calls of the timer are apart, more than the answers of a burst. */
const gapMs = 300
/** Several tabs together may leave no gap at all; their calls are not one burst. */
const longestMs = 1500

/** Groups items of the same kind that follow each other closely. Items must be in order of time. */
export function clusterCalls<Item extends { readonly atMs: number }>(
  items: readonly Item[],
  kindOf: (item: Item) => string
): readonly Cluster<Item>[] {
  const clusters: { atMs: number; kind: string; items: Item[] }[] = []
  const latest = new Map<string, (typeof clusters)[number]>()
  for (const item of items) {
    const kind = kindOf(item)
    const open = latest.get(kind)
    const before = open?.items.at(-1)
    const isNear = before !== undefined && item.atMs - before.atMs < gapMs
    if (open !== undefined && isNear && item.atMs - open.atMs < longestMs) {
      open.items.push(item)
    } else {
      const cluster = { atMs: item.atMs, kind, items: [item] }
      clusters.push(cluster)
      latest.set(kind, cluster)
    }
  }
  return clusters
}
