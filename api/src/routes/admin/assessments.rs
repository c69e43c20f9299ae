//! `/v1/admin/assessments`

mod get;
mod put;

use xinwu_domain::calendar::Period;
use xinwu_domain::refusal::Refusal;
use xinwu_domain::scheme::Assessor;
use xinwu_domain::text::Text;

use crate::routes::Routes;

pub(super) fn configure(config: &mut Routes) {
    config.service(get::get_assessment);
    config.service(put::put_assessment);
}

/// The period and the assessor that a path names.
fn read_path(period: &str, assessor: &str) -> Result<(Period, Assessor), Refusal> {
    let period = period.parse().map_err(|fault: xinwu_domain::calendar::NotAPeriod| {
        Refusal::bad_parameter("period", "period", fault.text())
    })?;
    let assessor = assessor.parse::<Assessor>().ok().ok_or_else(|| {
        let text = Text::new("应为：community、street、district", "must be: community, street, district");
        Refusal::bad_parameter("assessor", "unknown_value", text)
    })?;
    Ok((period, assessor))
}
