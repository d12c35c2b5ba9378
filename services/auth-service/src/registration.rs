//! What a new account must look like; every wrong field is named at once.

use common_types::{FieldError, account::RegisterRequest};
use service_kit::{ApiError, ApiResult};

use crate::passwords::PasswordRules;

const MIN_USERNAME_CHARS: usize = 3;
const MAX_USERNAME_CHARS: usize = 100;
const MAX_EMAIL_CHARS: usize = 200;

/// Checks a request to register.
///
/// # Errors
/// `invalid_request`, with every field that is wrong.
pub fn check(request: &RegisterRequest, passwords: &PasswordRules) -> ApiResult<()> {
    let confirmed = |confirmation: &Option<String>, value: &str| {
        confirmation.as_ref().is_none_or(|confirmation| confirmation == value)
    };
    let complaints = [
        ("/username", username(&request.username)),
        ("/email", email(&request.email)),
        ("/password", passwords.complaint(&request.password, &request.username, &request.email)),
        (
            "/confirm_email",
            (!confirmed(&request.confirm_email, &request.email))
                .then_some("The e-mail addresses differ."),
        ),
        (
            "/confirm_password",
            (!confirmed(&request.confirm_password, &request.password))
                .then_some("The passwords differ."),
        ),
    ];
    let wrong = |(pointer, complaint): (&str, Option<&str>)| {
        complaint.map(|detail| FieldError::new(pointer, detail))
    };
    let errors: Vec<_> = complaints.into_iter().filter_map(wrong).collect();
    if errors.is_empty() { Ok(()) } else { Err(ApiError::invalid_fields(errors)) }
}

fn username(username: &str) -> Option<&'static str> {
    let in_alphabet = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    let is_fine = (MIN_USERNAME_CHARS..=MAX_USERNAME_CHARS).contains(&username.len())
        && username.bytes().all(in_alphabet);
    let detail = "The username must have 3 to 100 letters, digits, underscores, dots or dashes.";
    (!is_fine).then_some(detail)
}

/// Whether mail could be sent there is not ours to find out; this refuses what is no address.
fn email(email: &str) -> Option<&'static str> {
    let is_clean = !email.chars().any(|char| char.is_whitespace() || char.is_control());
    let is_short = email.chars().count() <= MAX_EMAIL_CHARS;
    let is_address =
        email.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && is_domain(domain));
    let detail = "The e-mail address must look like name@example.org, with at most 200 characters.";
    (!(is_clean && is_short && is_address)).then_some(detail)
}

/// `localhost` alone may do without a dot: mail within one machine.
fn is_domain(domain: &str) -> bool {
    let has_labels = domain.split('.').all(|label| !label.is_empty());
    let is_qualified = domain.contains('.') || domain.eq_ignore_ascii_case("localhost");
    has_labels && is_qualified && !domain.contains('@')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usernames_are_short_words_of_ascii() {
        for good in ["abc", "A.b_c-9", &"x".repeat(100)] {
            assert_eq!(username(good), None, "{good}");
        }
        for bad in ["", "ab", "a b c", "é.é.é", "a@b.c", "a/b/c", "abc\n", &"x".repeat(101)] {
            assert!(username(bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn an_email_has_one_at_sign_and_no_blanks() {
        let longest = format!("{}@example.org", "x".repeat(188));
        for good in ["a@b.c", "Ada+tag@mail.example.org", "root@localhost", "é@ü.test", &longest]
        {
            assert_eq!(email(good), None, "{good}");
        }
        let too_long = format!("x{longest}");
        for bad in [
            "",
            "ada",
            "@b.c",
            "a@",
            "a@b",
            "a@@b.c",
            "a@b@c.d",
            "a b@c.d",
            "a@b.c\n",
            "a@b..c",
            "a@.b.c",
            "a@b.c.",
            "a\u{a0}b@c.d",
            "a\0b@c.d",
            &too_long,
        ] {
            assert!(email(bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn every_wrong_field_is_named_at_once() {
        let request = RegisterRequest {
            username: "x".into(),
            email: "x".into(),
            password: "x".into(),
            confirm_email: Some("y".into()),
            confirm_password: Some("y".into()),
        };
        let error = check(&request, &PasswordRules::default()).unwrap_err();
        let pointers: Vec<_> = error.problem().errors.iter().map(|e| e.pointer.as_str()).collect();
        let all = ["/username", "/email", "/password", "/confirm_email", "/confirm_password"];
        assert_eq!(pointers, all);
    }
}
