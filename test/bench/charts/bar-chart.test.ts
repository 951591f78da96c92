// Bar charts of the benchmark: the SVG that is drawn from the rows.
import { expect, it } from 'vitest'
import { type BarChart, drawBarChart } from './bar-chart.ts'

const chart: BarChart = {
  title: 'Time <of> a request & its answer',
  quantity: 'x bare axios',
  groups: [
    {
      label: 'xhr adapter',
      bars: [
        { name: 'everbearer', value: 1.5 },
        { name: 'a "peer"', value: 3 }
      ]
    },
    { bars: [{ name: 'everbearer', value: 0.75 }] }
  ],
  emphasis: 'everbearer',
  digits: 2,
  reference: { name: 'bare axios', value: 1 }
}
const svg = drawBarChart(chart, ['everbearer 0.1.0', 'node 24'])

function allOf(pattern: RegExp, source = svg): readonly string[] {
  return [...source.matchAll(pattern)].map(([, found = '']) => found)
}

it('draws bars as long as their values, and marks those of everbearer', () => {
  const [ours, peer, last] = allOf(/<rect [^>]*width="([\d.]+)"/g).map(Number)
  expect(peer).toBeGreaterThan(300)
  expect(ours).toBeCloseTo((peer ?? 0) / 2, 0)
  expect(last).toBeCloseTo((peer ?? 0) / 4, 0)
  expect(allOf(/<rect class="(\w+)"/g)).toEqual(['ours', 'bar', 'ours'])
})

it('writes the title, the names, the numbers, the reference and the versions as text', () => {
  expect(allOf(/<text [^>]*>([^<]*)</g)).toEqual([
    'Time &lt;of&gt; a request &amp; its answer',
    'x bare axios',
    'bare axios: 1',
    'xhr adapter',
    'everbearer',
    '1.50',
    'a &quot;peer&quot;',
    '3.00',
    'everbearer',
    '0.75',
    'everbearer 0.1.0, node 24'
  ])
})

it('is an image with a title and a description that contains all numbers', () => {
  expect(svg).toMatch(/^<svg [^>]*width="720" [^>]*role="img" aria-labelledby="title desc">/)
  expect(allOf(/<title id="title">(.*)<\/title>/g)).toHaveLength(1)
  expect(allOf(/<desc id="desc">(.*)<\/desc>/g)).toEqual([
    'x bare axios. xhr adapter: everbearer 1.50, a &quot;peer&quot; 3.00. everbearer 0.75.'
  ])
})

it('has other colours on a dark background, and none of them outside of the style', () => {
  expect(svg).toContain('@media (prefers-color-scheme: dark)')
  expect(svg.replace(/<style>[\s\S]*<\/style>/, '')).not.toMatch(/#[0-9a-f]{3}/)
})

it('breaks a long footnote between two versions', () => {
  const versions = Array.from({ length: 12 }, (_, nth) => `a-long-library-name ${nth}.0.0`)
  const lines = allOf(/class="footnote">([^<]*)</g, drawBarChart(chart, versions))
  expect(lines.length).toBeGreaterThan(1)
  expect(lines.join(', ')).toBe(versions.join(', '))
  expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(112)
})
