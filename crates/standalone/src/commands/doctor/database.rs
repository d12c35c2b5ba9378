//! The database: whether it answers, is whole, and has the schema that this build needs.

use db_service::admin::{Admin, AdminError};
use service_kit::{Chain, Clock, Config};

use super::{finding::Finding, places};

pub(super) fn examine(config: &Config, clock: &Clock) -> Vec<Finding> {
    let mut admin = match Admin::open(&config.database_url) {
        Ok(admin) => admin,
        Err(AdminError::Missing(path)) => {
            let what =
                format!("database: none yet at {}; the first start makes it", path.display());
            return vec![Finding::ok(what)];
        }
        Err(error) => {
            let remedy = "see that it runs and that MAGPIE_DATABASE_URL names it";
            return vec![Finding::fail(format!("database: {}", Chain(&error)), remedy)];
        }
    };
    let looked = look(&mut admin, clock);
    looked.unwrap_or_else(|error| {
        let what = format!("database: {}", Chain(&error));
        vec![Finding::fail(what, "see the database's own log")]
    })
}

fn look(admin: &mut Admin, clock: &Clock) -> Result<Vec<Finding>, AdminError> {
    let damage = admin.damage()?;
    let mut findings = Vec::new();
    if !damage.is_empty() {
        let what = format!("database: the file is damaged: {}", damage.join("; "));
        findings.push(Finding::fail(what, "stop Magpie and run `magpie restore`"));
    }
    let (schema, kind) = (admin.schema()?, admin.kind());
    let version = schema.version().unwrap_or("none");
    findings.push(if !schema.foreign().is_empty() {
        let what = format!("database: {kind}, schema {version} is of a newer Magpie");
        Finding::fail(what, "run the newer version")
    } else if schema.pending().is_empty() {
        Finding::ok(format!("database: {kind}, schema {version}"))
    } else {
        let what = format!("database: {kind}, schema {version} is behind");
        Finding::warn(what, "run `magpie migrate`, or restart db-service")
    });
    if let Some(theirs) = admin.server_time()? {
        findings.push(places::skew("the database's server", theirs.as_millis(), clock));
    }
    Ok(findings)
}
