/** A shape for ECharts of many straight pieces: one element, where a line each would be thousands. */
import { graphic } from "echarts/core";

/** What the pieces are: x and y of both ends of each. */
interface Strokes {
  readonly pieces: ArrayLike<number>;
}

/** Has ECharts know `{ type: "strokes", shape: { pieces } }`. */
export function registerStrokes(): void {
  const shape = graphic.extendShape({
    type: "strokes",
    shape: { pieces: [] },
    buildPath(context: Pick<CanvasPath, "moveTo" | "lineTo">, { pieces }: Strokes) {
      for (let i = 0; i < pieces.length; i += 4) {
        // Pieces that hang together are one line, whose corners are round.
        const isNext = i > 0 && pieces[i] === pieces[i - 2] && pieces[i + 1] === pieces[i - 1];
        if (!isNext) context.moveTo(pieces[i]!, pieces[i + 1]!);
        context.lineTo(pieces[i + 2]!, pieces[i + 3]!);
      }
    },
  } as never);
  graphic.registerShape("strokes", shape);
}
