//! `/v1/firm`: a firm's own dossier.

use actix_web::{HttpResponse, get};
use xinwu_domain::access::op;
use xinwu_domain::own_dossier::OwnDossier;
use xinwu_domain::refusal::Refusal;
use xinwu_domain::subject::Subject;
use xinwu_persistence::credit::evaluation::{self, Question, Visibility};
use xinwu_persistence::credit::{assessment, metric, objection, record, repair};
use xinwu_persistence::lookup::firm_card;
use xinwu_persistence::registers::firm;
use xinwu_store::StoreError;

use crate::permit::Permit;
use crate::problem::Problem;
use crate::routes::Routes;

mod cases;
mod metrics;
mod proposals;

pub(super) fn configure(config: &mut Routes) {
    config.service(get_own_firm);
    config.configure(cases::configure);
    config.configure(metrics::configure);
    config.configure(proposals::configure);
}

/// One's own firm: the card, the register's entry, the evaluation in full, and all records,
/// assessments and metrics, unpublished ones included.
#[utoipa::path(responses((status = 200, description = "The firm's own dossier", body = OwnDossier)))]
#[get("/v1/firm")]
async fn get_own_firm(permit: Permit<op::GetOwnFirm>) -> Result<HttpResponse, Problem> {
    let warrant = permit.warrant()?;
    let (uscc, party) = (warrant.own_firm()?.to_owned(), warrant.own_party()?);
    let context = permit.context();
    let rulebooks = permit.state().rulebooks().await?;
    let (dossier, version) = permit
        .read(move |conn| {
            let (card, version) = firm_card::card(conn, &uscc, &context)?;
            let (register, _) = firm::get(conn, &uscc)?;
            let question = Question::default();
            let evaluation = match evaluation::evaluate(
                conn,
                &rulebooks,
                &Subject::firm(&uscc),
                &question,
                Visibility::Full,
                context.now,
            ) {
                Ok(evaluation) => Some(evaluation),
                // No scheme is in force for firms.
                Err(StoreError::Refused(Refusal::NotFound(_))) => None,
                Err(error) => return Err(error),
            };
            let dossier = OwnDossier {
                card,
                register,
                evaluation,
                records: record::own_dossier(conn, &party, context)?,
                assessments: assessment::own_dossier(conn, &uscc)?,
                metrics: metric::own_dossier(conn, &uscc)?,
                objections: objection::own_dossier(conn, &party, context)?,
                repairs: repair::own_dossier(conn, &uscc, context)?,
            };
            Ok((dossier, version))
        })
        .await?;
    permit.object(version, &dossier)
}
