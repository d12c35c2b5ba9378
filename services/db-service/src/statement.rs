//! Statements of the hot path, written out, so that they stay prepared.
//!
//! diesel prepares every `UPDATE` and every `sql_query` anew, since it cannot know how many texts
//! there will be; parsing and planning is then half of a claim. Here the texts are few and fixed:
//! values are always bound, and what is returned is typed by diesel's columns.

use diesel::{
    backend::Backend,
    expression::Expression,
    prelude::*,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    serialize::ToSql,
    sql_types::{BigInt, Double, HasSqlType, Integer, Nullable, Text},
};

/// A statement that changes rows and returns `returning` of them.
pub(crate) struct Statement<R> {
    parts: Vec<Part>,
    returning: R,
}

enum Part {
    Sql(&'static str),
    /// A number that is part of the text.
    Literal(u32),
    Text(String),
    Integer(i32),
    BigInt(i64),
    MaybeText(Option<String>),
    MaybeBigInt(Option<i64>),
    MaybeDouble(Option<f64>),
}

impl<R> Statement<R> {
    pub(crate) const fn returning(returning: R) -> Self {
        Self { parts: Vec::new(), returning }
    }

    fn with(mut self, part: Part) -> Self {
        self.parts.push(part);
        self
    }

    /// Goes on with this text.
    pub(crate) fn sql(self, text: &'static str) -> Self {
        self.with(Part::Sql(text))
    }

    /// Goes on with a number for the planner to see; each one makes a statement of its own.
    pub(crate) fn literal(self, number: u32) -> Self {
        self.with(Part::Literal(number))
    }

    pub(crate) fn text(self, value: impl Into<String>) -> Self {
        self.with(Part::Text(value.into()))
    }

    pub(crate) fn integer(self, value: i32) -> Self {
        self.with(Part::Integer(value))
    }

    pub(crate) fn big_int(self, value: i64) -> Self {
        self.with(Part::BigInt(value))
    }

    pub(crate) fn maybe_text(self, value: Option<String>) -> Self {
        self.with(Part::MaybeText(value))
    }

    pub(crate) fn maybe_big_int(self, value: Option<i64>) -> Self {
        self.with(Part::MaybeBigInt(value))
    }

    pub(crate) fn maybe_double(self, value: Option<f64>) -> Self {
        self.with(Part::MaybeDouble(value))
    }
}

/// Prepared statements are kept by their text.
impl<R> QueryId for Statement<R> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<R: Expression> Query for Statement<R> {
    type SqlType = R::SqlType;
}

impl<R, C> RunQueryDsl<C> for Statement<R> {}

impl<R: QueryFragment<DB>, DB> QueryFragment<DB> for Statement<R>
where
    DB: Backend + HasSqlType<Text> + HasSqlType<Integer> + HasSqlType<BigInt> + HasSqlType<Double>,
    String: ToSql<Text, DB>,
    i32: ToSql<Integer, DB>,
    i64: ToSql<BigInt, DB>,
    Option<String>: ToSql<Nullable<Text>, DB>,
    Option<i64>: ToSql<Nullable<BigInt>, DB>,
    Option<f64>: ToSql<Nullable<Double>, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        for part in &self.parts {
            match part {
                Part::Sql(text) => out.push_sql(text),
                Part::Literal(number) => out.push_sql(&number.to_string()),
                Part::Text(value) => out.push_bind_param::<Text, _>(value)?,
                Part::Integer(value) => out.push_bind_param::<Integer, _>(value)?,
                Part::BigInt(value) => out.push_bind_param::<BigInt, _>(value)?,
                Part::MaybeText(value) => out.push_bind_param::<Nullable<Text>, _>(value)?,
                Part::MaybeBigInt(value) => out.push_bind_param::<Nullable<BigInt>, _>(value)?,
                Part::MaybeDouble(value) => out.push_bind_param::<Nullable<Double>, _>(value)?,
            }
        }
        out.push_sql(" RETURNING ");
        self.returning.walk_ast(out)
    }
}
