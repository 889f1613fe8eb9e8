/** The names of the calls that have several forms. */
import { type Collective, collectiveNames, type FunctionName } from "../library/prototypes.js";

/** The forms of a call: waiting for its end, with a request, or prepared to be started many times. */
export type Form = "blocking" | "nonblocking" | "persistent";

const sendings = ["Send", "Ssend", "Bsend", "Rsend"] as const;
/** The calls that send a message, and the one that receives it. */
export const messageNames = [...sendings, "Recv"] as const;

/** The name of a call that sends a message: `Ssend`. */
export type Sending = (typeof sendings)[number];

/** The name of a call that has three forms. */
export type CallName = Collective | (typeof messageNames)[number];

/** The C names of the calls, looked up rather than put together: that would cost as much as the call. */
const callNames = Object.fromEntries(
  [...collectiveNames, ...messageNames].map((name) => [
    name,
    {
      blocking: `MPI_${name}`,
      nonblocking: `MPI_I${name.charAt(0).toLowerCase()}${name.slice(1)}`,
      persistent: `MPI_${name}_init`,
    },
  ]),
) as { readonly [Name in CallName]: Readonly<Record<Form, FunctionName>> };

/** The C name of a call in one of its forms. */
export function callName(name: CallName, form: Form): FunctionName {
  return callNames[name][form];
}
