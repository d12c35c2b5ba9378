import { percent } from "../format";

/** How far something is, of 100. While that cannot be told, it only shows that something happens. */
export function Bar(props: { progress: number; label: string; isBusy?: boolean }) {
  const progress = Math.min(100, Math.max(0, props.progress));
  return (
    <div
      className={props.isBusy ? "bar bar-busy" : "bar"}
      role="progressbar"
      aria-label={props.label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.floor(progress)}
      aria-valuetext={percent(progress)}
    >
      <span style={{ transform: `scaleX(${progress / 100})` }} />
    </div>
  );
}
