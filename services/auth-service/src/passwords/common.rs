//! The passwords that are tried first.

/// Lower-case, sorted, one a line, none shorter than a password may be.
const LIST: &str = include_str!("common.txt");

/// The commonest passwords, without case.
pub(super) struct CommonPasswords(Vec<&'static str>);

impl CommonPasswords {
    pub(super) fn new() -> Self {
        Self(LIST.lines().collect())
    }

    /// Whether `password`, in lower case, is one of them.
    pub(super) fn contains(&self, password: &str) -> bool {
        self.0.binary_search(&password).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_in_lower_case_and_of_use() {
        let list = CommonPasswords::new().0;
        assert!(list.len() > 3000);
        assert!(list.is_sorted_by(|one, next| one < next));
        for password in list {
            assert!(password.chars().count() >= 8 && *password == password.to_lowercase());
        }
    }
}
