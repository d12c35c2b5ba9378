//! What operators see: metrics, each where the list says that it is, and traces through all hops.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};
use testkit::{
    Client, Database, ProcessStack,
    standin::scenarios::{OKAY, PRIVATE},
    wait_until,
};

/// Of Prometheus itself, about every target.
const OF_PROMETHEUS: &str = "up";
/// What Prometheus makes of one histogram.
const HISTOGRAM: [&str; 3] = ["_bucket", "_sum", "_count"];

type Catalogue = BTreeMap<String, BTreeSet<String>>;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

fn read(path: &str) -> String {
    fs::read_to_string(repository().join(path)).unwrap()
}

/// Every metric there is, and the services that have it.
fn catalogue() -> Catalogue {
    serde_json::from_str(&read("deploy/prometheus/metrics.json")).unwrap()
}

/// The queries of the dashboard, of the alerts and of the autoscaler.
fn queries() -> Vec<String> {
    let dashboard: Value = serde_json::from_str(&read("deploy/grafana/magpie.json")).unwrap();
    let panels = dashboard["panels"].as_array().unwrap().iter();
    let targets = panels.filter_map(|panel| panel["targets"].as_array()).flatten();
    let mut queries: Vec<String> =
        targets.map(|target| target["expr"].as_str().unwrap().to_owned()).collect();
    let alerts = read("deploy/prometheus/alerts.yml");
    for rule in alerts.split("- alert: ").skip(1) {
        let (_, expression) = rule.split_once("expr: >-").unwrap();
        let lines = expression.lines().skip(1).take_while(|line| line.starts_with("          "));
        queries.push(lines.collect::<Vec<_>>().join(" "));
    }
    let autoscaler = read("deploy/kubernetes/overlays/keda/scaled-object.yaml");
    queries.extend(
        autoscaler
            .lines()
            .filter_map(|line| line.trim().strip_prefix("query: "))
            .map(str::to_owned),
    );
    queries
}

/// The metrics that a query names: the words before a selector, a range or an operator that are
/// neither functions nor labels.
fn metrics_of(query: &str) -> BTreeSet<String> {
    const WORDS: [&str; 12] = [
        "and",
        "or",
        "unless",
        "by",
        "without",
        "on",
        "ignoring",
        "offset",
        "bool",
        "group_left",
        "group_right",
        "inf",
    ];
    const GROUPING: [&str; 6] = ["by", "without", "on", "ignoring", "group_left", "group_right"];
    const AGGREGATIONS: [&str; 4] = ["sum", "min", "max", "count"];
    let mut found = BTreeSet::new();
    let mut rest = query;
    while let Some(first) = rest.chars().next() {
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
        if first == '{' || first == '[' {
            let close = if first == '{' { '}' } else { ']' };
            rest = rest.split_once(close).unwrap().1;
        } else if is_word(first) {
            let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
            let (word, after) = rest.split_at(end);
            rest = after;
            let after = after.trim_start();
            let calls = after.starts_with('(');
            // `sum by (…) (…)`: what the grouping stands behind is called as well.
            let groups = GROUPING.iter().any(|word| {
                after.strip_prefix(word).is_some_and(|rest| rest.starts_with([' ', '(']))
            });
            let aggregates = AGGREGATIONS.contains(&word);
            if GROUPING.contains(&word) && calls {
                rest = after.split_once(')').unwrap().1;
            } else if !(calls
                || (aggregates && groups)
                || WORDS.contains(&word)
                || first.is_ascii_digit())
            {
                found.insert(word.to_owned());
            }
        } else {
            rest = rest.split_at(first.len_utf8()).1;
        }
    }
    found
}

/// The name in the list: a histogram has several names in queries.
fn listed<'a>(name: &'a str, catalogue: &Catalogue) -> &'a str {
    let base = HISTOGRAM.iter().find_map(|suffix| name.strip_suffix(suffix));
    base.filter(|base| catalogue.contains_key(*base)).unwrap_or(name)
}

#[test]
fn a_query_is_taken_apart_into_the_metrics_it_names() {
    let query = r#"histogram_quantile(0.9, sum by (le, by) (rate(a_bucket{x=~"b|c"}[5m] offset 1d)))
        > 0.3 * max(d) and on (platform) e == 2e9"#;
    let expected = ["a_bucket", "d", "e"].map(str::to_owned);
    assert_eq!(metrics_of(query), BTreeSet::from(expected));
}

#[test]
fn dashboard_and_alerts_name_listed_metrics_alone_and_every_one_is_documented() {
    let catalogue = catalogue();
    let queries = queries();
    assert!(queries.len() > 40, "{}", queries.len());
    let named: BTreeSet<String> = queries.iter().flat_map(|query| metrics_of(query)).collect();
    let unknown: Vec<_> = named
        .iter()
        .filter(|name| *name != OF_PROMETHEUS && !catalogue.contains_key(listed(name, &catalogue)))
        .collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    let handbook = read("docs/operations.md");
    let unsaid: Vec<_> =
        catalogue.keys().filter(|name| !handbook.contains(&format!("`{name}`"))).collect();
    assert!(unsaid.is_empty(), "docs/operations.md does not say what these are: {unsaid:?}");
}

#[test]
fn every_alert_has_its_runbook_and_its_test() {
    let (alerts, tests) =
        (read("deploy/prometheus/alerts.yml"), read("deploy/prometheus/alerts.test.yml"));
    let handbook = read("docs/operations.md");
    for rule in alerts.split("- alert: ").skip(1) {
        let name = rule.lines().next().unwrap();
        assert!(rule.contains(&format!("runbook: docs/operations.md#{}", name.to_lowercase())));
        assert!(handbook.contains(&format!("### {name}\n")), "{name} has no runbook");
        assert!(tests.contains(&format!("alertname: {name}\n")), "{name} has no test");
    }
}

/// What each service exposes, by its name. Each process has said in the log where.
async fn scrape(stack: &ProcessStack) -> BTreeMap<String, String> {
    let log = stack.log();
    let urls = log.lines().filter_map(|line| line.split("metrics are served at ").nth(1));
    let mut found = BTreeMap::new();
    for url in urls {
        let text = Client::new(url).get("").await.expect(200).text();
        let service =
            text.lines().find_map(|line| line.strip_prefix("build_info{service=\"")).unwrap();
        found.insert(service.split('"').next().unwrap().to_owned(), text);
    }
    found
}

/// What is listed and not there: a sample, and what it means.
async fn missing(stack: &ProcessStack, catalogue: &Catalogue) -> Vec<String> {
    let exposed = scrape(stack).await;
    let mut missing = Vec::new();
    for (name, services) in catalogue {
        for service in services {
            let text = exposed.get(service).map_or("", String::as_str);
            let has = |start: String| text.lines().any(|line| line.starts_with(&start));
            let has_sample =
                ["{", " ", "_bucket{", "_bucket "].iter().any(|end| has(format!("{name}{end}")));
            if !has_sample || !has(format!("# HELP {name} ")) {
                missing.push(format!("{name} of {service}"));
            }
        }
    }
    missing
}

#[actix_web::test]
async fn every_listed_metric_is_exposed_by_the_process_it_is_of() {
    let settings = [("MAGPIE_METRICS_BIND", "127.0.0.1:0")];
    let stack = ProcessStack::services(Database::Sqlite, &settings).await;
    let client = stack.client().sign_up("operator").await;
    let id = client.download(&json!({ "url": OKAY.url(71), "quality": "360p" })).await;
    client.completed(id).await;
    client.file(id).await.expect(200);
    let refused = client.download(&json!({ "url": PRIVATE.url(1) })).await;
    client.ended(refused).await;
    let catalogue = catalogue();
    wait_until("every metric is there", || async { missing(&stack, &catalogue).await.is_empty() })
        .await;

    let exposed = scrape(&stack).await;
    let value = |service: &str, series: &str| -> f64 {
        let line = exposed[service].lines().find_map(|line| line.strip_prefix(series));
        line.unwrap_or_else(|| panic!("{service} has no {series}")).trim().parse().unwrap()
    };
    let ended = |outcome: &str, code: &str| {
        let labels = format!(r#"platform="youtube",outcome="{outcome}",code="{code}""#);
        value("youtube-server", &format!("jobs_ended_total{{{labels}}}"))
    };
    assert_eq!((ended("completed", "none"), ended("failed", "private_video")), (1.0, 1.0));
    assert_eq!(value("gateway", "gateway_handovers_total"), 1.0);
    let size = client.status(id).await.file_size.unwrap();
    let sent = value("gateway", r#"delivery_bytes_total{by="gateway"}"#);
    assert_eq!(sent.to_string(), size.to_string());
    stack.stop().await;
}

#[actix_web::test]
async fn a_trace_goes_through_every_hop() {
    let settings = [("MAGPIE_LOG_FORMAT", "json"), ("MAGPIE_LOG", "debug")];
    let mut stack = ProcessStack::services(Database::Sqlite, &settings).await;
    let client = stack.client().sign_up("operator").await;
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let header = format!("00-{trace}-00f067aa0ba902b7-01");
    client.get_with("/api/youtube/downloads", &[("traceparent", &header)]).await.expect(200);
    let own = client.get("/api/youtube/downloads").await.expect(200);
    let own = own.header("x-request-id").unwrap().to_owned();
    stack.terminate();
    let log = stack.log();
    let routes = |id: &str| -> Vec<String> {
        let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let access = lines.filter(|line| line["trace_id"] == id && line["target"] == "access");
        access.map(|line| line["message"].as_str().unwrap().to_owned()).collect()
    };
    for id in [trace, &own] {
        let routes = routes(id);
        for part in ["/api/youtube/*", "GET /api/youtube/downloads", "/internal/users/"] {
            assert!(routes.iter().any(|route| route.contains(part)), "{id}: {routes:?}");
        }
    }
    stack.stop().await;
}
