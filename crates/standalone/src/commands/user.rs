//! `magpie user`: accounts, directly in the database, so that whoever is locked out gets in.

mod password;

use auth_service::{
    passwords::{Hasher, HashingLimits, PasswordRules},
    registration,
};
use common_types::{
    account::{Profile, RegisterRequest, Role},
    audit::AuditAction,
    internal::{
        accounts::{Account, AccountLookup, AccountPatch, EndSessions, NewAccount},
        audit::Act,
    },
};
use db_service::{
    admin::Admin,
    error::{StoreError, StoreResult},
    store::{
        accounts,
        audit::{self, Actor, Entry},
    },
};
use serde::Serialize;
use service_kit::{ApiError, Config, ConfigError, config::Sources};
use uuid::Uuid;

use super::{
    migrate,
    outcome::{CommandError, Outcome, Printer},
};

pub(super) const HELP: &str = "\
usage: magpie user list [--json]
       magpie user add NAME EMAIL [--admin]
       magpie user password NAME
       magpie user role NAME user|admin
       magpie user disable NAME
       magpie user enable NAME
       magpie user delete NAME --force

Accounts, directly in the database: Magpie may run, and need not. NAME is a username or an e-mail
address. Passwords are asked for, or read from standard input (one line). A new password, and
`disable`, end the account's sessions; running gateways refuse them within two seconds. What is
changed is noted in the audit log.

  --admin   make it an administrator
  --force   delete the account with all its downloads; its files go with the next sweep
  --json    for scripts";

const USER_AGENT: &str = "magpie user";

pub(super) async fn run(sources: &Sources, words: &[&str]) -> Result<Outcome, CommandError> {
    let (config, print) = (Config::check(sources)?, Printer::of(sources));
    let has = |switch: &str| sources.switches.contains(switch);
    let mut admin = open(&config)?;
    let admin = &mut admin;
    match words {
        ["list"] => return list(admin, print),
        ["add", name, email] => add(admin, print, name, email, has("admin")).await?,
        ["password", name] => set_password(admin, print, name).await?,
        ["role", name, role] => {
            let role = Role::from_slug(role).ok_or_else(|| usage("the role is user or admin"))?;
            let patch = AccountPatch { role: Some(role), ..AccountPatch::default() };
            change(admin, print, name, &patch, &format!("is {} now", role.slug()))?;
        }
        ["disable", name] => activate(admin, print, name, false, "is disabled now")?,
        ["enable", name] => activate(admin, print, name, true, "is enabled now")?,
        ["delete", name] if has("force") => delete(admin, print, name)?,
        ["delete", name] => {
            let account = find(admin, name)?;
            let why = "is deleted with all its downloads only with --force";
            return Err(CommandError::refused(format!("{} {why}", account.user.username)));
        }
        ["list" | "add" | "password" | "role" | "disable" | "enable" | "delete", ..] => {
            return Err(usage("that is not how this is called"));
        }
        [unknown, ..] => return Err(ConfigError::UnknownArgument((*unknown).to_owned()).into()),
        [] => return Err(usage("say what to do")),
    }
    Ok(Outcome::Done)
}

fn usage(why: &str) -> CommandError {
    CommandError::Usage(why.to_owned(), "user")
}

/// The database, which must have the schema of this build.
fn open(config: &Config) -> Result<Admin, CommandError> {
    let mut admin = migrate::open(Admin::open(&config.database_url))?;
    migrate::require_current(&mut admin)?;
    Ok(admin)
}

fn list(admin: &mut Admin, print: Printer) -> Result<Outcome, CommandError> {
    let mut all: Vec<Profile> = Vec::new();
    let mut cursor = None;
    loop {
        let page = admin.read(|conn, now| accounts::list(conn, None, cursor.as_deref(), now));
        let page = page.map_err(told)?;
        all.extend(page.items);
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    all.reverse();
    print.line(format_args!(
        "{:>6}  {:<20}  {:<5}  {:<8}  {:>10}  {:<20}  E-MAIL",
        "ID", "NAME", "ROLE", "STATE", "STORED MB", "LAST LOGIN"
    ))?;
    for user in &all {
        let state = if user.is_active { "active" } else { "disabled" };
        let login = user.last_login_at.map_or("never".to_owned(), |at| at.to_string());
        print.line(format_args!(
            "{:>6}  {:<20}  {:<5}  {:<8}  {:>10}  {:<20}  {}",
            user.id,
            user.username,
            user.role.slug(),
            state,
            user.usage.stored_bytes / 1_000_000,
            login.get(..19).unwrap_or(&login),
            user.email
        ))?;
    }
    print.json(&all)?;
    Ok(Outcome::Done)
}

async fn add(
    admin: &mut Admin,
    print: Printer,
    name: &str,
    email: &str,
    is_admin: bool,
) -> Result<(), CommandError> {
    let password = password::read().await?;
    let request = RegisterRequest {
        username: name.to_owned(),
        email: email.to_owned(),
        password: password.clone(),
        confirm_email: None,
        confirm_password: None,
    };
    registration::check(&request, &PasswordRules::default()).map_err(|error| complaint(&error))?;
    let new = NewAccount {
        username: name.to_owned(),
        email: email.to_owned(),
        password_hash: hash(password).await?,
        only_if_first: false,
    };
    let operator = operator();
    let account = admin.write(|conn, now| {
        let account = accounts::create(conn, &new, now)?;
        let id = account.user.id;
        audit::note(conn, &operator, Entry::done(AuditAction::AccountCreated, id), now)?;
        if !is_admin || account.user.role == Role::Admin {
            return Ok(account);
        }
        let promotion = AccountPatch { role: Some(Role::Admin), ..AccountPatch::default() };
        accounts::patch_by_operator(conn, &operator, id, &promotion, now)
    });
    tell(print, &account.map_err(told)?, "was added")
}

async fn set_password(admin: &mut Admin, print: Printer, name: &str) -> Result<(), CommandError> {
    let account = find(admin, name)?;
    let password = password::read().await?;
    let rules = PasswordRules::default();
    if let Some(why) = rules.complaint(&password, &account.user.username, &account.user.email) {
        return Err(CommandError::refused(why));
    }
    let patch = AccountPatch {
        password_hash: Some(hash(password).await?),
        end_sessions: Some(EndSessions { except: None }),
        ..AccountPatch::default()
    };
    change(admin, print, name, &patch, "has a new password; its sessions have ended")
}

fn activate(
    admin: &mut Admin,
    print: Printer,
    name: &str,
    is_active: bool,
    what: &str,
) -> Result<(), CommandError> {
    let patch = AccountPatch { is_active: Some(is_active), ..AccountPatch::default() };
    change(admin, print, name, &patch, what)
}

fn change(
    admin: &mut Admin,
    print: Printer,
    name: &str,
    patch: &AccountPatch,
    what: &str,
) -> Result<(), CommandError> {
    let changed = admin.write(|conn, now| {
        let id = accounts::find(conn, &AccountLookup { login: name.to_owned() })?.user.id;
        accounts::patch_by_operator(conn, &operator(), id, patch, now)
    });
    tell(print, &changed.map_err(told)?, what)
}

fn delete(admin: &mut Admin, print: Printer, name: &str) -> Result<(), CommandError> {
    let deleted: StoreResult<Account> = admin.write(|conn, now| {
        let account = accounts::find(conn, &AccountLookup { login: name.to_owned() })?;
        accounts::delete(conn, &operator(), account.user.id, now)?;
        Ok(account)
    });
    tell(print, &deleted.map_err(told)?, "was deleted with all its downloads")
}

fn find(admin: &mut Admin, name: &str) -> Result<Account, CommandError> {
    let lookup = AccountLookup { login: name.to_owned() };
    admin.read(|conn, _now| accounts::find(conn, &lookup)).map_err(told)
}

async fn hash(password: String) -> Result<String, CommandError> {
    let doing = "cannot hash the password";
    let hasher = Hasher::new(HashingLimits { slots: 1, waiting: 0 });
    let hasher = hasher.map_err(CommandError::failed(doing))?;
    hasher.hash(password).await.map_err(CommandError::failed(doing))
}

/// Whoever may use this machine's database acts for nobody in particular.
fn operator() -> Actor {
    let act = Act { user_agent: Some(USER_AGENT.to_owned()), ..Act::default() };
    Actor { act, request_id: format!("cli-{}", Uuid::new_v4().simple()) }
}

#[derive(Serialize)]
struct Told<'a> {
    id: i64,
    username: &'a str,
    role: Role,
    is_active: bool,
    what: &'a str,
}

fn tell(print: Printer, account: &Account, what: &str) -> Result<(), CommandError> {
    let username = &account.user.username;
    print.line(format_args!("{username} {what}"))?;
    let (id, role, is_active) = (account.user.id, account.user.role, account.is_active);
    print.json(&Told { id, username, role, is_active, what })
}

/// A refusal was written for people; anything else is a failure.
pub(super) fn told(error: StoreError) -> CommandError {
    match error {
        StoreError::Refused { detail, .. } => CommandError::refused(detail),
        error => CommandError::failed("cannot use the database")(error),
    }
}

fn complaint(error: &ApiError) -> CommandError {
    let details: Vec<&str> =
        error.problem().errors.iter().map(|field| field.detail.as_str()).collect();
    CommandError::refused(details.join(" "))
}
