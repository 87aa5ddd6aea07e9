import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import type { Pen } from '../pen.ts';

interface Props {
  /** What is on it, for who does not see it; empty where the texts beside it say so already. */
  readonly label: string;
  readonly height: number;
  /** Draws onto a cleared canvas; sizes are CSS pixels. */
  readonly draw: (pen: Pen, width: number, height: number) => void;
  /** Given a function that draws again without a render. */
  readonly onReady?: (redraw: () => void) => void;
  readonly onMove?: (x: number, y: number, width: number, height: number) => void;
  readonly onLeave?: () => void;
}

/** A canvas that keeps its sharpness and its size; what is on it is said in `label` and stands in a table. */
export function Picture({ label, height, draw, onReady, onMove, onLeave }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const latest = useRef(draw);
  latest.current = draw;
  const redraw = (): void => {
    const c = canvas.current;
    if (c === null || c.clientWidth === 0) return;
    const ratio = Math.max(1, devicePixelRatio);
    const width = c.clientWidth;
    if (c.width !== Math.round(width * ratio) || c.height !== Math.round(height * ratio)) {
      c.width = Math.round(width * ratio);
      c.height = Math.round(height * ratio);
    }
    const pen = c.getContext('2d');
    if (pen === null) return;
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    latest.current(pen, width, height);
  };
  useLayoutEffect(redraw);
  useEffect(() => {
    onReady?.(redraw);
    const observer = new ResizeObserver(redraw);
    if (canvas.current !== null) observer.observe(canvas.current);
    return () => observer.disconnect();
  }, [height]);
  const move = (event: PointerEvent): void => {
    const c = canvas.current;
    if (c === null || onMove === undefined) return;
    const at = c.getBoundingClientRect();
    onMove(event.clientX - at.left, event.clientY - at.top, at.width, at.height);
  };
  return (
    <canvas
      ref={canvas}
      role={label === '' ? undefined : 'img'}
      aria-label={label === '' ? undefined : label}
      aria-hidden={label === '' ? true : undefined}
      style={{ height: `${height}px` }}
      onPointerMove={move}
      onPointerLeave={onLeave}
    />
  );
}
