/** A binary heap whose items know where they are, so that any of them can be moved or taken out in O(log n). */
export interface HeapItem {
  /** Kept by the heap; -1 outside. */
  position: number;
}

export interface Heap<Item extends HeapItem> {
  first(): Item | undefined;
  /** The first item in order that is accepted. Fast while few are refused. */
  find(accepts: (item: Item) => boolean): Item | undefined;
  /** Puts it in, or where it belongs after its key has changed. */
  put(item: Item): void;
  /** Nothing happens when it is outside. */
  remove(item: Item): void;
}

/** `isBefore` says whether `one` comes before `other`; no two items may be equal where the order must be certain. */
export function createHeap<Item extends HeapItem>(isBefore: (one: Item, other: Item) => boolean): Heap<Item> {
  const heap: Item[] = [];

  function place(item: Item, position: number): void {
    heap[position] = item;
    item.position = position;
  }

  function rise(item: Item): void {
    while (item.position > 0) {
      const parent = heap[(item.position - 1) >> 1];
      if (parent === undefined || !isBefore(item, parent)) return;
      const { position } = parent;
      place(parent, item.position);
      place(item, position);
    }
  }

  function firstChild(position: number): Item | undefined {
    const left = heap[2 * position + 1];
    const right = heap[2 * position + 2];
    return left !== undefined && right !== undefined && isBefore(right, left) ? right : left;
  }

  function sink(item: Item): void {
    for (;;) {
      const child = firstChild(item.position);
      if (child === undefined || !isBefore(child, item)) return;
      const { position } = child;
      place(child, item.position);
      place(item, position);
    }
  }

  const childrenOf = ({ position }: Item) => heap.slice(2 * position + 1, 2 * position + 3);

  function settle(item: Item): void {
    rise(item);
    sink(item);
  }

  return {
    first: () => heap[0],
    find(accepts) {
      const [first] = heap;
      if (first === undefined || accepts(first)) return first;
      // Nothing comes before its parent, so only what hangs below a refused item can be next.
      const open = childrenOf(first);
      while (open.length > 0) {
        const next = open.reduce((best, item) => (isBefore(item, best) ? item : best));
        if (accepts(next)) return next;
        open.splice(open.indexOf(next), 1, ...childrenOf(next));
      }
      return undefined;
    },
    put(item) {
      if (item.position < 0) place(item, heap.length);
      settle(item);
    },
    remove(item) {
      const { position } = item;
      if (position < 0) return;
      item.position = -1;
      const last = heap.pop();
      if (last === undefined || last === item) return;
      place(last, position);
      settle(last);
    },
  };
}
