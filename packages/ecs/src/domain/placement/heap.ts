/** A binary heap over plain arrays: the element that compares lowest is first. */

export const pushHeap = <T>(heap: T[], element: T, compare: (left: T, right: T) => number): void => {
  let index = heap.push(element) - 1;
  while (index > 0) {
    const parent = (index - 1) >> 1;
    const above = heap[parent] as T;
    if (compare(above, element) <= 0) break;
    heap[index] = above;
    index = parent;
  }
  heap[index] = element;
};

/** Takes the first element away; undefined from an empty heap. */
export const popHeap = <T>(heap: T[], compare: (left: T, right: T) => number): T | undefined => {
  const first = heap[0];
  const last = heap.pop();
  if (heap.length === 0 || last === undefined) return first;
  let index = 0;
  for (let child = 1; child < heap.length; child = 2 * index + 1) {
    const right = child + 1;
    if (right < heap.length && compare(heap[right] as T, heap[child] as T) < 0) child = right;
    if (compare(last, heap[child] as T) <= 0) break;
    heap[index] = heap[child] as T;
    index = child;
  }
  heap[index] = last;
  return first;
};
