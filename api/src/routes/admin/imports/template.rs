//! `GET /v1/admin/imports/{kind}/template`

use actix_web::{HttpResponse, get};
use xinwu_domain::access::op;
use xinwu_domain::import::ImportKind;
use xinwu_persistence::operations::import;

use crate::extract::Path;
use crate::permit::Permit;
use crate::problem::Problem;
use crate::spreadsheet::{Cell, Table};

/// A file to fill in: the headers of every column in the language asked for, and one example row,
/// which names what is in your jurisdiction and can be imported as it is. CSV in UTF-8 with a mark
/// for Excel. Files with either language's headers and words are read; `docs/imports.md` describes
/// the columns.
#[utoipa::path(
    tag = "imports",
    params(("import" = ImportKind, Path, description = "What the rows are", example = "estates")),
    responses((
        status = 200,
        description = "The file",
        content((String = "text/csv", example = json!("\u{feff}姓名,统一社会信用代码\r\n示例经理,91219900MA00EXAM0J\r\n")))
    ))
)]
#[get("/v1/admin/imports/{import}/template")]
pub(super) async fn get_import_template(
    permit: Permit<op::GetImportTemplate>,
    Path(kind): Path<ImportKind>,
) -> Result<HttpResponse, Problem> {
    let (warrant, language, today) = (permit.warrant()?, permit.language(), permit.today());
    import::require_may_import(&warrant, kind)?;
    let example = permit.read(move |conn| import::example(conn, &warrant, kind, language, today)).await?;
    let mut table = Table::new();
    let header = kind.columns().iter().map(|column| Cell::Text(column.in_language(language)));
    table.row(header).map_err(Problem::internal)?;
    table.row(example.iter().map(|text| Cell::Text(text))).map_err(Problem::internal)?;
    table.answer(&format!("{kind}.csv"), language).map_err(Problem::internal)
}
