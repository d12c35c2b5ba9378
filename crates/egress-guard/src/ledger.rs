//! Who may use the guard now.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use subtle::ConstantTimeEq;

use crate::account::Account;

/// The accounts of all passes that are open.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ledger(Arc<Mutex<HashMap<String, Arc<Account>>>>);

impl Ledger {
    pub(crate) fn enter(&self, id: String, account: Arc<Account>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id, account);
    }

    pub(crate) fn strike(&self, id: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
    }

    /// Whose these credentials are; `told` is the value of `Proxy-Authorization`. Ids are random too,
    /// and tell nothing.
    pub(crate) fn find(&self, told: Option<&str>) -> Option<Arc<Account>> {
        let (id, secret) = read_basic(told?)?;
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned();
        known.filter(|account| account.secret.as_bytes().ct_eq(secret.as_bytes()).into())
    }
}

fn read_basic(told: &str) -> Option<(String, String)> {
    let (scheme, credentials) = told.split_once(' ')?;
    scheme.eq_ignore_ascii_case("basic").then_some(())?;
    let text = String::from_utf8(STANDARD.decode(credentials.trim()).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    Some((id.to_owned(), secret.to_owned()))
}
