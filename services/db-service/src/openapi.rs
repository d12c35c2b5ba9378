//! This service's part of the API document: the two routes that the gateway lets through.

use common_types::{paths::DATABASE, problem::CONTENT_TYPE};
use serde_json::json;
use service_kit::openapi::{Operation, Part};

use crate::routes::database::{DatabaseHealth, Initialised};

/// What a client can ask about the database.
pub(crate) fn part() -> Part {
    Part::new("database", DATABASE)
        .tag("database", "The database, for those who run this server.")
        .operations([health(), init()])
}

fn health() -> Operation {
    let problem = json!({ "$ref": "#/components/schemas/Problem" });
    Operation::get("/health", "get_health")
        .summary("Whether the database answers")
        .for_anyone()
        .answers::<DatabaseHealth>(200, "It does.")
        .answers::<DatabaseHealth>(503, "It does not; or its service does not, as a problem.")
        .answers_as(503, "", CONTENT_TYPE, problem)
}

fn init() -> Operation {
    Operation::post("/init", "init")
        .summary("Bring the schema up to date")
        .about("For administrators. It is done at every start as well.")
        .for_users("admin")
        .answers::<Initialised>(200, "It is up to date.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routes::database;

    #[test]
    fn what_is_mounted_is_documented_and_the_other_way_round() {
        assert_eq!(part().differences(&database::endpoints()), [""; 0]);
    }
}
