//! The list of a user's downloads.

use common_types::download::{DownloadList, DownloadQuery, Status, StatusTotals};
use diesel::{
    dsl::count_star,
    prelude::*,
    sql_types::{Nullable, Text},
};

use crate::{
    connection::{AnyConnection, on_either},
    error::StoreResult,
    models::{download::DownloadRow, value::from_column},
    schema::downloads,
    store::{downloads::Scope, paging},
};

#[diesel::declare_sql_function]
extern "SQL" {
    /// Without case for any script: SQLite's is replaced when a connection is opened.
    fn lower(text: Nullable<Text>) -> Nullable<Text>;
}

/// A page of downloads, newest first. The totals count all that are within the scope, whatever is
/// searched for.
///
/// # Errors
/// `invalid_request` for a cursor that is none.
pub fn list(
    conn: &mut AnyConnection,
    scope: &Scope,
    query: &DownloadQuery,
) -> StoreResult<DownloadList> {
    let limit = paging::limit(query.limit);
    let rows = find(conn, scope, query, limit)?;
    let (rows, next_cursor) = paging::cut(rows, limit, |row| row.id.replace('-', ""));
    let items = rows.into_iter().map(DownloadRow::into_download).collect::<StoreResult<_>>()?;
    Ok(DownloadList { items, next_cursor, totals: totals(conn, scope)? })
}

fn find(
    conn: &mut AnyConnection,
    scope: &Scope,
    query: &DownloadQuery,
    limit: i64,
) -> StoreResult<Vec<DownloadRow>> {
    let before = query.cursor.as_deref().map(paging::id).transpose()?;
    let pattern = query.q.as_deref().map(containing);
    on_either!(conn, conn => {
        let mut found = downloads::table
            .filter(downloads::user_id.eq(scope.user_id))
            .select(DownloadRow::as_select())
            .into_boxed();
        if let Some(platform) = &scope.platform {
            found = found.filter(downloads::platform.eq(platform));
        }
        if let Some(status) = query.status {
            found = found.filter(downloads::status.eq(status.slug()));
        }
        if let Some(kind) = query.kind {
            found = found.filter(downloads::kind.eq(kind.slug()));
        }
        if let Some(before) = before {
            found = found.filter(downloads::id.lt(before));
        }
        if let Some(pattern) = &pattern {
            let title = lower(downloads::title).like(pattern).escape('\\');
            let uploader = lower(downloads::uploader).like(pattern).escape('\\');
            let url = lower(downloads::url.nullable()).like(pattern).escape('\\');
            found = found.filter(title.or(uploader).or(url));
        }
        Ok(found.order(downloads::id.desc()).limit(limit.saturating_add(1)).load(conn)?)
    })
}

/// The pattern of what contains `text`, whose own wildcards mean themselves. A NUL is in no title.
fn containing(text: &str) -> String {
    let mut pattern = String::from("%");
    for character in text.trim().to_lowercase().chars().filter(|c| *c != '\0') {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern.push('%');
    pattern
}

fn totals(conn: &mut AnyConnection, scope: &Scope) -> StoreResult<StatusTotals> {
    let counts: Vec<(String, i64)> = on_either!(conn, conn => {
        let mut mine = downloads::table
            .filter(downloads::user_id.eq(scope.user_id))
            .group_by(downloads::status)
            .select((downloads::status, count_star()))
            .into_boxed();
        if let Some(platform) = &scope.platform {
            mine = mine.filter(downloads::platform.eq(platform));
        }
        mine.load(conn)?
    });
    let of = |status: Status| {
        let count = counts.iter().find(|(slug, _)| slug == status.slug());
        count.map_or(0, |(_, count)| from_column(*count))
    };
    Ok(StatusTotals {
        pending: of(Status::Pending),
        downloading: of(Status::Downloading),
        completed: of(Status::Completed),
        failed: of(Status::Failed),
        cancelled: of(Status::Cancelled),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_mean_themselves() {
        assert_eq!(containing("50%_\\"), "%50\\%\\_\\\\%");
    }
}
