// Clusters: groups calls of the same moment, because twenty dots in one place look like one.

export interface Cluster<Item> {
  readonly atMs: number
  readonly kind: string
  readonly items: readonly Item[]
}

/** Shorter than the interval of the timer, longer than the gaps in a burst. */
const gapMs = 300
/** The label of a cluster is as wide as this time on the timeline. */
const labelMs = 6000
/** The calls of several tabs may leave no gap, but they are not one burst. */
const longestMs = 1500

/** Groups items of the same kind that follow each other closely. Items must be sorted by time. */
export function clusterCalls<Item extends { readonly atMs: number }>(
  items: readonly Item[],
  kindOf: (item: Item) => string,
  hasLabel: (item: Item) => boolean = () => false
): readonly Cluster<Item>[] {
  const clusters: { atMs: number; kind: string; items: Item[] }[] = []
  const latest = new Map<string, (typeof clusters)[number]>()
  for (const item of items) {
    const kind = kindOf(item)
    const open = latest.get(kind)
    const before = open?.items.at(-1)
    const [gap, longest] = hasLabel(item) ? [labelMs, labelMs] : [gapMs, longestMs]
    const isNear = before !== undefined && item.atMs - before.atMs < gap
    if (open !== undefined && isNear && item.atMs - open.atMs < longest) {
      open.items.push(item)
    } else {
      const cluster = { atMs: item.atMs, kind, items: [item] }
      clusters.push(cluster)
      latest.set(kind, cluster)
    }
  }
  return clusters
}
