//! Which passwords may be chosen: long enough, and not what everybody tries first. No rules of
//! composition (NIST SP 800-63B, section 3.1.1.2).

use super::common::CommonPasswords;

const MIN_CHARS: usize = 8;
const MAX_CHARS: usize = 128;

pub struct PasswordRules {
    common: CommonPasswords,
}

impl Default for PasswordRules {
    fn default() -> Self {
        Self { common: CommonPasswords::new() }
    }
}

impl PasswordRules {
    /// What is wrong with `password` for the account `username`, in a sentence for its owner.
    pub fn complaint(&self, password: &str, username: &str, email: &str) -> Option<&'static str> {
        let folded = password.to_lowercase();
        let username = username.to_lowercase();
        if !(MIN_CHARS..=MAX_CHARS).contains(&password.chars().count()) {
            Some("The password must have 8 to 128 characters.")
        } else if self.common.contains(&folded) {
            Some("This password is one of the commonest; choose another.")
        } else if !username.is_empty() && folded.contains(&username) {
            Some("The password must not contain the username.")
        } else if is_address(&folded, &email.to_lowercase()) {
            Some("The password must not be the e-mail address.")
        } else {
            None
        }
    }
}

/// The whole address within, or the name before the `@` and nothing else.
fn is_address(password: &str, email: &str) -> bool {
    let name = email.split_once('@').map_or(email, |(name, _domain)| name);
    !email.is_empty() && (password.contains(email) || password == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_refused(password: &str) -> bool {
        PasswordRules::default().complaint(password, "Ada", "Lovelace@example.org").is_some()
    }

    #[test]
    fn characters_are_counted_and_not_bytes() {
        assert!(is_refused("ébène77"));
        assert!(!is_refused("ébène-77"));
        assert!(!is_refused(&"🦜".repeat(128)));
        assert!(is_refused(&"🦜".repeat(129)));
    }

    #[test]
    fn the_commonest_are_refused_without_case() {
        for common in ["password", "PassWord1", "12345678", "QWERTYUIOP", "iloveyou2", "letmein1"] {
            assert!(is_refused(common), "{common}");
        }
    }

    #[test]
    fn the_username_is_refused_within_without_case() {
        assert!(is_refused("xx-aDa-4711-yy"));
        assert!(!is_refused("xx-bDa-4711-yy"));
    }

    #[test]
    fn the_address_is_refused_without_case() {
        assert!(is_refused("LoveLace"));
        assert!(is_refused("my lovelace@EXAMPLE.org"));
        assert!(!is_refused("lovelace-4711"));
    }

    #[test]
    fn blanks_and_any_script_are_welcome() {
        assert!(!is_refused("correct horse battery staple"));
        assert!(!is_refused("пароль моей кошки"));
    }
}
