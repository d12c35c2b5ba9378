//! Shows what holds the processes of jobs back.

use media_engine::SandboxReport;

/// By feature: 1 where it is in force, 0 where this system lacks it.
const GAUGE: &str = "engine_sandbox";

/// Sets the gauge; nothing where the sandbox is off.
pub(crate) fn publish(report: &SandboxReport) {
    metrics::describe_gauge!(
        GAUGE,
        "1 for what holds the engine's processes back, 0 for what this system lacks."
    );
    for (features, value) in [(&report.in_force, 1.0), (&report.missing, 0.0)] {
        for feature in features {
            metrics::gauge!(GAUGE, "feature" => feature.clone()).set(value);
        }
    }
}
