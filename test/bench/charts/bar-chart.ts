// Bar chart: draws groups of horizontal bars as an SVG, readable on light and dark backgrounds.

export interface Bar {
  readonly name: string
  readonly value: number
}

export interface BarChart {
  readonly title: string
  /** The quantity, with its unit. */
  readonly quantity: string
  readonly groups: readonly { readonly label?: string; readonly bars: readonly Bar[] }[]
  /** The name of the bars that stand out. */
  readonly emphasis: string
  /** The number of decimals. */
  readonly digits: number
  /** A line across all bars, such as the value of bare axios. */
  readonly reference?: Bar
}

const width = 720
const margin = 24
const barsFrom = 212
/** Space for a number after the longest bar. */
const numberWidth = 64
const rowHeight = 26
const barHeight = 16
const labelHeight = 34
const footnoteCharacters = 112
const footnoteHeight = 16

const style = `
    text { font-family: system-ui, sans-serif; font-size: 13px; fill: #1f2328 }
    .title { font-size: 18px; font-weight: 600 }
    .label { font-weight: 600 }
    .quiet { fill: #59636e }
    .footnote { font-size: 11px; fill: #59636e }
    .bar { fill: #8c959f }
    .ours { fill: #0969da }
    .reference { stroke: #59636e; stroke-dasharray: 3 3 }
    @media (prefers-color-scheme: dark) {
      text { fill: #f0f6fc }
      .quiet, .footnote { fill: #9198a1 }
      .bar { fill: #6e7681 }
      .ours { fill: #4493f8 }
      .reference { stroke: #9198a1 }
    }
  `

/** The shortest bar first. */
export function ascending(bars: readonly Bar[]): readonly Bar[] {
  return bars.toSorted((one, other) => one.value - other.value)
}

/** `versions` is the footnote, one text for each program. */
export function drawBarChart(chart: BarChart, versions: readonly string[]): string {
  const { title, quantity, groups, emphasis, digits, reference } = chart
  const bars = groups.flatMap((group) => group.bars)
  const most = Math.max(...bars.map(({ value }) => value), reference?.value ?? 0)
  const scale = (value: number) => (value / most) * (width - margin - numberWidth - barsFrom)
  const lines: string[] = []
  let y = 70

  if (reference !== undefined) {
    y += 20
    const named = `${reference.name}: ${reference.value}`
    lines.push(text(barsFrom + scale(reference.value), y - 8, named, 'quiet', 'middle'))
  }
  for (const { label, bars: rows } of groups) {
    if (label !== undefined) {
      lines.push(text(margin, y + 22, label, 'label'))
      y += labelHeight
    }
    if (reference !== undefined) {
      const x = round(barsFrom + scale(reference.value))
      const end = y + rows.length * rowHeight
      lines.push(`<line class="reference" x1="${x}" x2="${x}" y1="${y}" y2="${end}"/>`)
    }
    for (const { name, value } of rows) {
      const isOurs = name === emphasis
      const length = round(scale(value))
      const middle = y + rowHeight / 2
      const top = middle - barHeight / 2
      const number = value.toFixed(digits)
      lines.push(
        text(margin, middle + 5, name, isOurs ? 'label' : undefined),
        `<rect class="${isOurs ? 'ours' : 'bar'}" x="${barsFrom}" y="${top}" width="${length}" height="${barHeight}" rx="2"/>`,
        text(barsFrom + length + 8, middle + 5, number, isOurs ? 'label' : undefined)
      )
      y += rowHeight
    }
  }
  y += 12
  for (const line of wrap(versions)) {
    y += footnoteHeight
    lines.push(text(margin, y, line, 'footnote'))
  }
  const height = y + margin - 8
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title desc">
  <title id="title">${escapeXml(title)}</title>
  <desc id="desc">${escapeXml(describe(chart))}</desc>
  <style>${style}</style>
  ${text(margin, 34, title, 'title')}
  ${text(margin, 56, quantity, 'quiet')}
  ${lines.join('\n  ')}
</svg>
`
}

/** All numbers of the chart, for readers who do not see it. */
function describe({ quantity, groups, digits }: BarChart): string {
  const texts = groups.map(({ label, bars }) => {
    const named = bars.map(({ name, value }) => `${name} ${value.toFixed(digits)}`).join(', ')
    return label === undefined ? named : `${label}: ${named}`
  })
  return `${quantity}. ${texts.join('. ')}.`
}

/** Joins the parts to lines. No line ends within a part. */
function wrap(parts: readonly string[]): readonly string[] {
  const lines: string[] = []
  for (const part of parts) {
    const last = lines.at(-1)
    const joined = last === undefined ? part : `${last}, ${part}`
    if (last === undefined || joined.length > footnoteCharacters) lines.push(part)
    else lines[lines.length - 1] = joined
  }
  return lines
}

function text(
  x: number,
  y: number,
  content: string,
  className?: string,
  anchor?: 'middle'
): string {
  const named = className === undefined ? '' : ` class="${className}"`
  const anchored = anchor === undefined ? '' : ` text-anchor="${anchor}"`
  return `<text x="${round(x)}" y="${y}"${named}${anchored}>${escapeXml(content)}</text>`
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}

function escapeXml(content: string): string {
  return content
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
