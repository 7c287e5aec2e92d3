import type { Statistics } from "@baton/client";
import type { JSX } from "preact";
import { layOut, type Node, type Ribbon } from "./figures.ts";
import { readable } from "@baton/shared/numbers.ts";
import { Picture, useWidth } from "./Picture.tsx";
import { t, tOf } from "./texts.ts";

const GAP = 14;
/** How thick the bars of both sides are. */
const BAR = 10;
/** Room above and below, for a name beside a thin bar; pixels. */
const EDGE = 6;
/** How wide a letter is at most on average; pixels. */
const LETTER = 7.5;

const nameOf = (name: string | null | undefined): string =>
  name === undefined ? t("others") : name === null ? t("noQueue") : readable(name);

/** From which queue customers were handed where. */
export function FlowView({ statistics }: { statistics: Statistics }): JSX.Element {
  const { flows } = statistics;
  if (flows.length === 0) {
    return (
      <Picture id="flow" title={t("flow")}>
        <p class="empty">{t("noFlows")}</p>
      </Picture>
    );
  }
  const table = (
    <table>
      <thead>
        <tr>
          <th scope="col">{t("from")}</th>
          <th scope="col">{t("to")}</th>
          <th scope="col">{t("byKind")}</th>
          <th scope="col">{t("count")}</th>
        </tr>
      </thead>
      <tbody>
        {flows.map(({ from, to, toKind, count }) => (
          <tr key={`${from} ${to} ${toKind}`}>
            <th scope="row">{nameOf(from)}</th>
            <td>{nameOf(to)}</td>
            <td>{tOf("kind", toKind)}</td>
            <td>{count}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
  return (
    <Picture id="flow" title={t("flow")} summary={t("flowHelp")} table={table}>
      <Chart flows={flows} />
    </Picture>
  );
}

function Chart({ flows }: { flows: Statistics["flows"] }): JSX.Element {
  const [ref, width] = useWidth<HTMLDivElement>();
  const most = Math.max(
    new Set(flows.map((flow) => flow.from)).size,
    new Set(flows.map((flow) => flow.to)).size,
  );
  const height = Math.min(420, Math.max(140, most * 44));
  const { left, right, ribbons } = layOut(flows, height, GAP);
  // Names stand beside the bars, inside the picture, where the ribbons are faint enough to read them.
  const x0 = BAR;
  const x1 = width - BAR;
  return (
    <div ref={ref} class="canvas flow">
      {width === 0 ? null : (
        <svg width={width} height={height + 2 * EDGE} role="img" aria-label={t("flowHelp")}>
          <g transform={`translate(0 ${EDGE})`}>
            {ribbons.map((ribbon, i) => (
              <path key={i} class="ribbon" d={shapeOf(ribbon, x0, x1)}>
                <title>{`${nameOf(ribbon.from.name)} → ${nameOf(ribbon.to.name)}: ${ribbon.count}`}</title>
              </path>
            ))}
            {left.map((node) => (
              <Side
                key={String(node.name)}
                node={node}
                x={0}
                text={x0 + 6}
                anchor="start"
                room={width / 2}
              />
            ))}
            {right.map((node) => (
              <Side
                key={String(node.name)}
                node={node}
                x={x1}
                text={x1 - 6}
                anchor="end"
                room={width / 2}
              />
            ))}
          </g>
        </svg>
      )}
    </div>
  );
}

/** A band between two bars, with tangents that lie flat at both. */
function shapeOf({ y0, y1, height }: Ribbon, x0: number, x1: number): string {
  const middle = (x0 + x1) / 2;
  const thick = Math.max(1, height);
  return (
    `M${x0} ${y0}C${middle} ${y0} ${middle} ${y1} ${x1} ${y1}v${thick}` +
    `C${middle} ${y1 + thick} ${middle} ${y0 + thick} ${x0} ${y0 + thick}z`
  );
}

interface SideProps {
  node: Node;
  x: number;
  text: number;
  anchor: "start" | "end";
  /** How wide its text may be; pixels. */
  room: number;
}

function Side({ node, x, text, anchor, room }: SideProps): JSX.Element {
  const name = nameOf(node.name);
  const letters = Math.max(3, Math.floor((room - BAR - 48) / LETTER));
  const shown = name.length > letters ? `${name.slice(0, letters - 1)}…` : name;
  return (
    <g>
      <rect class="part connected" x={x} y={node.y} width={BAR} height={Math.max(1, node.height)} />
      <text class="name" x={text} y={node.y + node.height / 2 + 4} text-anchor={anchor}>
        {shown} <tspan class="number">{node.count}</tspan>
      </text>
    </g>
  );
}
