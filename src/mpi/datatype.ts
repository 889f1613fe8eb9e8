import type { ElementName } from "./element.js";
import { Handle } from "./handle.js";
import type { World } from "./world.js";

/** A derived datatype: a layout of elements in memory, made with `mpi.datatype`. Free it when done. **Local.** */
export class Datatype extends Handle {
  protected readonly kind = "datatype";
  /** Bytes of data. */
  readonly size: number = 0;
  /** Bytes from one to the next. */
  readonly extent: number = 0;
  readonly trueLowerBound: number = 0;
  readonly trueExtent: number = 0;
  /** @internal */
  constructor(world: World, handle: number, _name?: ElementName) {
    super(world, handle);
  }

  /** The handle, committed. @internal */
  committed(): number {
    return this.handle;
  }
}
