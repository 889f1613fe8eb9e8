/** The part of the page that carries a cone with MPDATA. */
import { commandOf, type Run } from "./command.js";
import { element } from "./element.js";
import { Player } from "./player.js";

const input = (id: string) => element(id, HTMLInputElement);
const told = (id: string) => element(id, HTMLOutputElement);

const sliders = ["cone-x", "cone-y", "iterations"] as const;
const switches = ["nonoscillatory", "third-order", "infinite-gauge", "f32"] as const;

function chosen(): Run {
  const size = Number(element("size", HTMLSelectElement).value);
  const [x, y, iterations] = sliders.map((id) => Number(input(id).value)) as [number, number, number];
  const [nonoscillatory, thirdOrder, infiniteGauge, f32] = switches.map((id) => input(id).checked) as [
    boolean,
    boolean,
    boolean,
    boolean,
  ];
  const scheme = { iterations, nonoscillatory, thirdOrder, infiniteGauge };
  return { size, ...scheme, dtype: f32 ? "f32" : "f64", centre: [x, y] };
}

/** Starts it. */
export function startAdvection(): void {
  const player = new Player<Run>({
    work: "carry",
    ids: {
      ...{ form: "scheme", run: "run", step: "step", ranks: "ranks", canvas: "field" },
      ...{ digest: "digest", command: "command", error: "scheme-error" },
    },
    chosen,
    commandOf(run, { step }) {
      told("steps").value = String(step);
      return commandOf(run, step);
    },
    tell({ size }, _, taken, seconds) {
      if (taken === 0) return;
      const each = (1e9 * seconds) / (taken * size * size);
      told("speed").value =
        `${taken} ${taken === 1 ? "step" : "steps"} a picture, ${each.toFixed(1)} ns a cell and step`;
    },
  });

  function begin(): void {
    for (const id of sliders) told(`${id}-value`).value = input(id).value;
    player.begin();
  }
  element("scheme", HTMLFormElement).oninput = begin;

  const { canvas } = player;
  const follow = (event: PointerEvent) => {
    const { left, bottom, width, height } = canvas.getBoundingClientRect();
    // The sliders keep what is on the square, in steps.
    input("cone-x").value = String((100 * (event.clientX - left)) / width);
    input("cone-y").value = String((100 * (bottom - event.clientY)) / height);
    begin();
  };
  canvas.onpointerdown = (event) => {
    player.isHeld = true;
    canvas.setPointerCapture(event.pointerId);
    follow(event);
  };
  canvas.onpointermove = (event) => {
    if (player.isHeld) follow(event);
  };
  canvas.onpointerup = () => {
    player.isHeld = false;
  };
  canvas.onpointercancel = canvas.onpointerup;
  begin();
}
