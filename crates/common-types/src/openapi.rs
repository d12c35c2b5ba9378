//! Schemas of what does not derive its own: the enums that macros make, and instants.

use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        RefOr,
        schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type},
    },
};

use crate::{ErrorCode, MediaErrorCode, Timestamp};

/// One of these strings.
pub(crate) fn one_of<'s>(
    description: impl Into<String>,
    slugs: impl IntoIterator<Item = &'s str>,
) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some(description))
        .enum_values(Some(slugs))
        .build()
        .into()
}

impl PartialSchema for ErrorCode {
    fn schema() -> RefOr<Schema> {
        let ours = Self::ALL.iter().filter(|code| code.is_public());
        let told =
            |code: &Self| format!("\n- `{}` ({}): {}", code.slug(), code.status(), code.title());
        let list: String = ours.clone().map(told).collect();
        let description = format!(
            "A stable reason for a refusal; the status follows from it. With 422, a media code.\n{list}"
        );
        let media = MediaErrorCode::ALL.iter().map(|code| code.slug());
        one_of(description, ours.map(|code| code.slug()).chain(media))
    }
}

impl ToSchema for ErrorCode {}

impl PartialSchema for MediaErrorCode {
    fn schema() -> RefOr<Schema> {
        let told =
            |code: &Self| format!("\n- `{}`: {} {}", code.slug(), code.cause(), code.remedy());
        let list: String = Self::ALL.iter().map(told).collect();
        let description = format!("Why media cannot be had.\n{list}");
        one_of(description, Self::ALL.iter().map(|code| code.slug()))
    }
}

impl ToSchema for MediaErrorCode {}

impl PartialSchema for Timestamp {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .description(Some("An instant, as RFC 3339 in UTC."))
            .build()
            .into()
    }
}

impl ToSchema for Timestamp {}
