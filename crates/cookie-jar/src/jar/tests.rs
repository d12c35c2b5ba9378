use proptest::prelude::*;

use super::*;

const SITE: [&str; 2] = ["youtube.com", "youtube-nocookie.com"];
const NOW: i64 = 1_800_000_000;

/// One case of the battery: text, and what becomes of it.
type Case = (String, String);

fn verdict(text: &str) -> String {
    match CookieJar::read(text, &SITE, NOW) {
        Ok(Reading { jar, dropped }) => {
            let domains = jar.summary().into_iter().map(|domain| {
                let lapses =
                    domain.last_expiry.map(|at| format!(" until {at}")).unwrap_or_default();
                format!("{} of {}{lapses}", domain.count, domain.domain)
            });
            let kept = domains.collect::<Vec<_>>().join(", ");
            if dropped == 0 {
                format!("kept {kept}")
            } else {
                format!("kept {kept}; dropped {dropped}")
            }
        }
        Err(ReadError::BadLines(lines)) => {
            let lines: Vec<_> =
                lines.iter().map(|line| format!("{}: {}", line.number, line.fault)).collect();
            format!("bad {}", lines.join(", "))
        }
        Err(ReadError::NoneOfTheSite) => "none".to_owned(),
        Err(ReadError::TooMany) => "too many".to_owned(),
    }
}

#[test]
fn every_file_of_the_battery_is_read_as_it_says() {
    let battery: Vec<Case> =
        serde_json::from_str(include_str!("../../tests/data/files.json")).unwrap();
    let wrong: Vec<_> = battery
        .iter()
        .filter(|(expected, text)| verdict(text) != *expected)
        .map(|(expected, text)| format!("{text:?}: {}, not {expected}", verdict(text)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_written_is_what_was_read() {
    let text = "# c\n.youtube.com\tTRUE\t/\tTRUE\t4102444800.5\tSID\ta=b c\r\n\
                #HttpOnly_www.youtube.com\tFALSE\t/x\tFALSE\t0\tY\t\n\
                .google.com\tTRUE\t/\tTRUE\t0\tSID\tmail\n";
    let jar = CookieJar::read(text, &SITE, NOW).unwrap().jar;
    assert_eq!(
        jar.to_netscape(),
        "# Netscape HTTP Cookie File\n.youtube.com\tTRUE\t/\tTRUE\t4102444800\tSID\ta=b c\n\
         www.youtube.com\tFALSE\t/x\tFALSE\t0\tY\t\n"
    );
    assert!(!format!("{jar:?}").contains("a=b"), "values are not printed");
}

#[test]
fn only_the_first_bad_lines_are_told_of_and_none_is_repeated() {
    let text = "SECRET\n".repeat(1000);
    let Err(ReadError::BadLines(lines)) = CookieJar::read(&text, &SITE, NOW) else { panic!() };
    assert_eq!(lines.len(), MAX_BAD_LINES);
    assert!(lines.iter().all(|line| !line.to_string().contains("SECRET")));
    let line = ".youtube.com\tTRUE\t/\tTRUE\t0\tSID\ta\n";
    assert!(CookieJar::read(&line.repeat(MAX_COOKIES), &SITE, NOW).is_ok());
    let many = CookieJar::read(&line.repeat(MAX_COOKIES + 1), &SITE, NOW);
    assert_eq!(many, Err(ReadError::TooMany));
}

/// Panics unless `text` is refused or leads to a file of the site's cookies alone.
fn assert_safe(text: &str) {
    let Ok(Reading { jar, .. }) = CookieJar::read(text, &SITE, NOW) else { return };
    let written = jar.to_netscape();
    let again = CookieJar::read(&written, &SITE, NOW).unwrap();
    assert_eq!(again, Reading { jar, dropped: 0 }, "{text:?}");
    for line in written.lines().skip(1) {
        assert_eq!(line.split('\t').count(), 7, "{text:?}");
        let domain = line.split('\t').next().unwrap();
        assert!(SITE.iter().any(|site| domain.ends_with(site)), "{text:?}");
        assert_eq!(domain.starts_with('.'), line.split('\t').nth(1) == Some("TRUE"), "{text:?}");
    }
}

proptest! {
    #[test]
    fn any_text_is_answered(text in any::<String>()) {
        assert_safe(&text);
    }

    #[test]
    fn whatever_is_kept_is_the_sites(
        lines in prop::collection::vec(
            ("[.]?(youtube.com|www.youtube.com|evil.test|youtube.com.evil.test|xyoutube.com)",
             "(TRUE|FALSE|true)", "/\\PC{0,3}", "(TRUE|FALSE)", "-?[0-9]{0,12}[.]?[0-9]{0,2}",
             "\\PC{0,5}", "\\PC{0,9}"), 1..6)
    ) {
        let line = |(a, b, c, d, e, f, g)| format!("{a}\t{b}\t{c}\t{d}\t{e}\t{f}\t{g}");
        assert_safe(&lines.into_iter().map(line).collect::<Vec<_>>().join("\n"));
    }
}
