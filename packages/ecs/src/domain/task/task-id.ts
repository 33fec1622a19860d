/**
 * The ids of tasks: 32 hexadecimal digits as ECS has them, of which the first twelve are the time. Tasks that are
 * started together then lie together in every index of the store, and a commit writes few pages for many of them.
 */

const timeDigits = 12;

/** The id of a task that starts `now` (milliseconds since the epoch), from a fresh id of 32 hexadecimal digits. */
export const taskIdFrom = (now: number, freshId: string): string =>
  now.toString(16).padStart(timeDigits, '0').slice(-timeDigits) + freshId.slice(timeDigits);
