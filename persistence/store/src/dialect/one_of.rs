//! A column's value among many texts, as one parameter: a statement with it has the same SQL for
//! any number of them, so it can be [`hot!`](crate::hot).
//!
//! diesel's `eq_any` writes a placeholder for each value on SQLite, which then parses the statement
//! each time.

use diesel::backend::Backend;
use diesel::expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment};
use diesel::sql_types::{Array, Bool, Text};
use diesel::sqlite::Sqlite;

/// `column` is one of `values`.
pub struct OneOf<'a, Column> {
    column: Column,
    values: Vec<&'a str>,
    /// The same as a JSON array, as SQLite takes them.
    json: String,
}

impl<'a, Column> OneOf<'a, Column> {
    /// A condition on `column`.
    pub fn new<Value: AsRef<str>>(column: Column, values: &'a [Value]) -> Self {
        let values: Vec<&str> = values.iter().map(AsRef::as_ref).collect();
        // Texts can always be written.
        let json = serde_json::to_string(&values).unwrap_or_default();
        OneOf { column, values, json }
    }
}

impl<Column: Expression> Expression for OneOf<'_, Column> {
    type SqlType = Bool;
}

impl<Column, Source> AppearsOnTable<Source> for OneOf<'_, Column>
where
    Column: AppearsOnTable<Source>,
    Self: Expression,
{
}

impl<Column, Source> SelectableExpression<Source> for OneOf<'_, Column>
where
    Column: SelectableExpression<Source>,
    Self: AppearsOnTable<Source>,
{
}

impl<Column> ValidGrouping<()> for OneOf<'_, Column> {
    type IsAggregate = is_aggregate::No;
}

impl<Column> QueryFragment<Sqlite> for OneOf<'_, Column>
where
    Column: QueryFragment<Sqlite>,
{
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        self.column.walk_ast(pass.reborrow())?;
        pass.push_sql(" IN (SELECT value FROM json_each(");
        pass.push_bind_param::<Text, _>(&self.json)?;
        pass.push_sql("))");
        Ok(())
    }
}

impl<Column> QueryFragment<Pg> for OneOf<'_, Column>
where
    Column: QueryFragment<Pg>,
    Pg: Backend,
{
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.column.walk_ast(pass.reborrow())?;
        pass.push_sql(" = ANY(");
        pass.push_bind_param::<Array<Text>, _>(&self.values)?;
        pass.push_sql(")");
        Ok(())
    }
}
