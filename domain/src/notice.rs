//! Notices: what was decided or asked about what is somebody's, told to them and to nobody else.
//!
//! None is ever made of a rating, a comment, a flag or a decision on them: a rating's row has no
//! account, and whom a notice of it went to, and when, would say who wrote it.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use chrono_tz::Tz;
use serde::Serialize;
use utoipa::ToSchema;

use crate::text::{Language, Text};

/// How a minute stands in a notice's detail.
const MINUTE: &str = "%Y-%m-%d %H:%M";

/// What a notice is about, so that an app can lead there.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    ToSchema,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum AboutKind {
    /// One of `GET /v1/me/residences`.
    Residence,
    /// A record.
    Record,
    /// Assessments of a place for a period, as `210202001/2026-Q4`.
    Assessment,
    /// An import.
    Import,
    /// A figure that was reported.
    Metric,
    /// An objection of one's own firm, or of oneself.
    Objection,
    /// A request for repair of one's own firm.
    Repair,
    /// A firm, by its uscc.
    Firm,
    /// A project.
    Project,
    /// What waits or waited for a second person.
    Proposal,
    /// A draft of a version of a scheme, as `dalian/2`.
    Scheme,
    /// An account.
    User,
    /// A case that one opened or joined, or that one's own firm is to handle.
    Case,
}

/// The kinds: what each is about, and its sentence in both languages. `{name}` is what the thing
/// was called when it was told, `{detail}` what was decided of it, where the kind alone does not
/// say it.
macro_rules! notice_kinds {
    ($($(#[$doc:meta])* $kind:ident, $about:ident, $zh:literal, $en:literal;)*) => {
        /// What a notice tells.
        #[derive(
            Debug,
            Clone,
            Copy,
            PartialEq,
            Eq,
            Hash,
            Serialize,
            ToSchema,
            strum::Display,
            strum::EnumString,
            strum::IntoStaticStr,
            strum::VariantArray,
        )]
        #[serde(rename_all = "snake_case")]
        #[strum(serialize_all = "snake_case")]
        pub enum NoticeKind { $($(#[$doc])* $kind,)* }

        impl NoticeKind {
            /// What it is about.
            pub fn about(self) -> AboutKind {
                match self { $(NoticeKind::$kind => AboutKind::$about,)* }
            }

            fn template(self) -> Text {
                match self { $(NoticeKind::$kind => Text::new($zh, $en),)* }
            }
        }
    };
}

notice_kinds! {
    /// To the resident: the claim to a dwelling was verified by an official.
    ResidenceApproved, Residence, "您在{name}的住房绑定申请已核实通过", "Your claim to {name} was verified";
    /// To the resident: the claim was refused.
    ResidenceRefused, Residence, "您在{name}的住房绑定申请未通过核实", "Your claim to {name} was refused";
    /// To the resident: an official ended the residence.
    ResidenceEnded, Residence, "您在{name}的住房绑定已被终止", "Your residence at {name} was ended by an official";
    /// To the residents of a dwelling: two officials gave it another address in the register.
    ResidenceMoved, Residence, "您在{name}的住房登记地址已更改为{detail}", "Your residence at {name} stands in the register as {detail} now";
    /// To the residents of a dwelling: somebody else of it was verified.
    ResidentAdded, Residence, "您在{name}的住房新增了一名经核实的居民", "Another resident of {name} was verified";
    /// To the drafter: another official confirmed the record.
    RecordConfirmed, Record, "您起草的“{name}”已确认生效", "The record that you drafted was confirmed: {name}";
    /// To the drafter: the record was sent back.
    RecordReturned, Record, "您起草的“{name}”已被退回", "The record that you drafted was returned: {name}";
    /// To the drafter: a colleague changed the record before it was confirmed.
    RecordEdited, Record, "您起草的“{name}”已由同事修改", "A colleague changed the record that you drafted: {name}";
    /// To the drafter: a colleague gave the record up before it was confirmed.
    RecordWithdrawn, Record, "您起草的“{name}”已由同事撤回", "A colleague withdrew the record that you drafted: {name}";
    /// To the drafter: the firm or the manager objects to the record, to be decided by another
    /// official.
    RecordObjected, Record, "您起草的“{name}”被提出异议", "The record that you drafted was objected to: {name}";
    /// To the drafter: the record stands after an objection.
    RecordUpheld, Record, "您起草的“{name}”经异议处理维持原内容", "The record that you drafted was upheld on an objection: {name}";
    /// To the drafter: the record was changed on an objection.
    RecordAmended, Record, "您起草的“{name}”经异议处理已更正", "The record that you drafted was amended on an objection: {name}";
    /// To the drafter: the firm or the manager took the objection back.
    RecordObjectionWithdrawn, Record, "对您起草的“{name}”的异议已撤回", "The objection to the record that you drafted was withdrawn: {name}";
    /// To the drafter: the record fell, on an objection or by two officials.
    RecordRevoked, Record, "您起草的“{name}”已撤销", "The record that you drafted was revoked: {name}";
    /// To the drafter: the firm asks for the repair of the penalty, to be decided by another
    /// official.
    RecordRepairAsked, Record, "企业对您起草的“{name}”申请信用修复", "The firm asks for the repair of the penalty that you drafted: {name}";
    /// To the drafter: the penalty is repaired.
    RecordRepaired, Record, "您起草的“{name}”已准予信用修复", "The penalty that you drafted was repaired: {name}";
    /// To who sent the file: another official confirmed the batch.
    ImportConfirmed, Import, "您提交的批量导入已确认生效", "The import that you sent was confirmed";
    /// To who sent the file: the batch was sent back.
    ImportReturned, Import, "您提交的批量导入已被退回", "The import that you sent was returned";
    /// To who sent the file: somebody else of the same office took it back.
    ImportWithdrawn, Import, "您提交的批量导入已由本单位撤回", "The import that you sent was withdrawn by your office";
    /// To who sent the file: two people took back what it did.
    ImportUndone, Import, "您提交的批量导入已被整批撤销", "What your import did was taken back";
    /// To who sent the file: nobody decided it in time.
    ImportExpired, Import, "您提交的批量导入逾期未确认，已终止", "The import that you sent has ended: nobody confirmed it in time";
    /// To who gave them: another official confirmed the assessments of a place for a period.
    AssessmentsConfirmed, Assessment, "您提交的{name}{detail}评价已确认", "The assessments of {name} for {detail} that you gave were confirmed";
    /// To who gave them: assessments were sent back.
    AssessmentsReturned, Assessment, "您提交的{name}{detail}评价已被退回", "Assessments of {name} for {detail} that you gave were returned";
    /// To who reported it: another official, for a firm the district, confirmed the figure.
    MetricConfirmed, Metric, "您填报的{name}（{detail}）指标已确认生效", "The figure of {name} for {detail} that you reported was confirmed";
    /// To who reported it: the figure was sent back.
    MetricReturned, Metric, "您填报的{name}（{detail}）指标已被退回", "The figure of {name} for {detail} that you reported was returned";
    /// To the drafter: the firm or the manager made a statement about the penalty, before its
    /// confirmation.
    RecordStated, Record, "当事人对您起草的“{name}”作出陈述申辩", "A statement was made about the penalty that you drafted: {name}";
    /// To the firm and to the manager: a penalty about them is meant to be confirmed, of which
    /// each can be heard.
    RecordIntended, Record, "拟将“{name}”记入信用档案，可于{detail}前（含当日）陈述申辩", "A penalty is meant for the credit dossier: {name}. You can be heard until {detail}";
    /// To the firm and to the manager: the penalty of which they were told is not confirmed as it
    /// was.
    RecordNotIntended, Record, "拟记入信用档案的“{name}”已撤回或退回", "The penalty that was meant for the credit dossier was withdrawn or returned: {name}";
    /// To the firm and to the manager: a record about them was confirmed.
    RecordAdded, Record, "“{name}”已记入信用档案", "A record was added to the credit dossier: {name}";
    /// To the firm and to the manager: a record about them was revoked without their objecting.
    RecordTakenBack, Record, "信用档案中的“{name}”已撤销，不再计入", "A record was revoked, and no longer counts in the credit dossier: {name}";
    /// To the firm or to the manager: a record about both was changed on the other's objection.
    RecordChanged, Record, "信用档案中的“{name}”经异议处理已更正", "A record in the credit dossier was amended on an objection: {name}";
    /// To the manager: a penalty that names the manager is repaired, as the firm asked.
    PenaltyRepaired, Record, "信用档案中的“{name}”已准予信用修复", "A penalty in the credit dossier was repaired: {name}";
    /// To who objected: what the objection was against stands.
    ObjectionUpheld, Objection, "所提异议已作出处理决定：维持原内容", "The objection was decided: what it was against stands";
    /// To who objected: what the objection was against was changed.
    ObjectionAmended, Objection, "所提异议已作出处理决定：予以更正", "The objection was decided: what it was against was amended";
    /// To who objected: what the objection was against fell.
    ObjectionRevoked, Objection, "所提异议已作出处理决定：予以撤销", "The objection was decided: what it was against was revoked";
    /// To who objected: the decision takes longer.
    ObjectionExtended, Objection, "所提异议情况复杂，处理期限延长至{detail}", "The decision on the objection takes longer, until {detail}";
    /// To the firm: the penalty is repaired.
    RepairGranted, Repair, "贵企业的信用修复申请已获准", "Your firm's request for repair was granted";
    /// To the firm: the penalty is not repaired.
    RepairRefused, Repair, "贵企业的信用修复申请未获准", "Your firm's request for repair was refused";
    /// To the firm: the decision on its request takes longer.
    RepairExtended, Repair, "贵企业的信用修复申请情况复杂，处理期限延长至{detail}", "The decision on your firm's request for repair takes longer, until {detail}";
    /// To the firm: a project that was entered under it is another firm's.
    ProjectLeft, Project, "登记在贵企业名下的服务项目“{detail}”已更正为其他企业的项目", "A project that was entered under your firm is another firm's: {detail}";
    /// To the firm: a project that was entered under another firm is its own.
    ProjectJoined, Project, "服务项目“{detail}”已更正登记到贵企业名下", "A project that was entered under another firm is your firm's: {detail}";
    /// To the firm: one that was a branch of it is not any longer, as the register has it.
    BranchLeft, Firm, "“{detail}”已不再登记为贵企业的分支机构", "In the register, {detail} is no longer a branch of your firm";
    /// To the firm: one is a branch of it, newly or since another day, as the register has it.
    BranchJoined, Firm, "“{detail}”已登记为贵企业的分支机构，或其起始日期已变更", "In the register, {detail} is a branch of your firm, newly or since another day";
    /// To who proposed it: a second person confirmed it, and it is done.
    ProposalConfirmed, Proposal, "您提请的双人确认事项已确认", "What you proposed was confirmed, and is done";
    /// To who proposed it: it was sent back.
    ProposalReturned, Proposal, "您提请的双人确认事项已被退回", "What you proposed was returned";
    /// To who proposed it: a colleague took it back.
    ProposalWithdrawn, Proposal, "您提请的双人确认事项已被同事撤回", "A colleague took back what you proposed";
    /// To who proposed it: nobody decided it in time.
    ProposalExpired, Proposal, "您提请的双人确认事项逾期未确认，已终止", "What you proposed has ended: nobody confirmed it in time";
    /// To who proposed it: what it was to change had changed meanwhile.
    ProposalStale, Proposal, "您提请的双人确认事项因内容已变更而失效", "What you proposed has ended: what it was to change had changed";
    /// To the firm: its agreement is asked for.
    ProposalAsked, Proposal, "有一项涉及贵企业的登记事项待确认", "An entry in the register that concerns your firm asks for your agreement";
    /// To who drafted it and to who proposed to announce it: another official gave it up.
    SchemeWithdrawn, Scheme, "您起草或提请公布的评分办法“{name}”第{detail}版已被撤回", "Version {detail} of the scheme {name}, which you drafted or proposed to announce, was withdrawn";
    /// To the firm: the district where it is registered is asked about it, since its own word is
    /// not enough.
    ProposalConcerns, Proposal, "有一项涉及贵企业的登记事项正由主管部门确认，如与事实不符请及时向其反映", "An entry in the register that concerns your firm waits for your district to confirm it: tell it if that is wrong";
    /// To the firm: officials confirmed what it was asked about, or told of.
    ProposalAgreed, Proposal, "涉及贵企业的登记事项已由主管部门确认", "Officials confirmed the entry in the register that concerns your firm: it is done";
    /// To the firm: what it was asked about, or told of, was returned or taken back, or has ended.
    ProposalDropped, Proposal, "涉及贵企业的登记事项已退回、撤回或终止，不作登记", "The entry in the register that concerns your firm was returned, taken back or has ended: it is not made";
    /// To the two administrators who gave the code: a password was chosen with it.
    AccountActivated, User, "账号 {name} 已使用激活码设置密码", "The account {name} has chosen a password with its code";
    /// To the account, and to the administrators where it may confirm or is one of them: it has a
    /// new authenticator, and new recovery codes.
    SecondFactorSetUp, User, "账号 {name} 已启用新的动态码验证器和恢复码，如非本人操作，应立即停用该账号", "The account {name} has a new authenticator and new recovery codes; if its owner did not do it, it is to be disabled at once";
    /// To the same: one of its recovery codes was used in place of a code of the authenticator.
    RecoveryCodeUsed, User, "账号 {name} 使用了一个恢复码，还剩{detail}个，如非本人操作，应立即停用该账号", "The account {name} has used a recovery code, and has {detail} left; if its owner did not do it, it is to be disabled at once";
    /// To the same: its authenticator and its recovery codes were taken away.
    SecondFactorReset, User, "账号 {name} 的动态码验证器和恢复码已被移除，须重新设置", "The authenticator and the recovery codes of the account {name} were taken away, and are to be set up anew";
    /// To an official: two administrators let a program act as the account, or gave it a new
    /// secret.
    ClientBound, User, "程序“{name}”已获准以您的账号操作，如有疑问请联系管理员", "The program {name} may act as your account from now on; ask an administrator if that is news to you";
    /// To who follows the firm: it has another grade by the primary scheme.
    FollowedGrade, Firm, "您关注的{name}信用等级现为“{detail}”", "{name}, which you follow, is graded {detail} now";
    /// To who follows the firm: it has no grade any more.
    FollowedUngraded, Firm, "您关注的{name}目前没有信用等级", "{name}, which you follow, has no grade now";
    /// To who follows the firm: a penalty was published; gone once that is public no longer.
    FollowedPenalty, Record, "您关注的{name}新公示一条不良信息", "A penalty of {name}, which you follow, was published";
    /// To who follows the firm: a penalty that was public fell.
    FollowedRevocation, Record, "您关注的{name}一条不良信息已撤销", "A penalty of {name}, which you follow, was revoked";
    /// To who follows the firm: it has another project.
    FollowedProject, Project, "您关注的{name}新增服务项目：{detail}", "{name}, which you follow, has another project: {detail}";
    /// To who opened the case or joined it: it was given to somebody who is to do it.
    CaseDispatched, Case, "您提交的“{name}”已派至{detail}办理", "Your case, {name}, was given to {detail}";
    /// To the same: who it was given to has accepted it.
    CaseAccepted, Case, "您提交的“{name}”已由{detail}接单", "Your case, {name}, was accepted by {detail}";
    /// To who opened the case: who is to do it waits for the answer.
    CasePaused, Case, "您提交的“{name}”需要您配合，请及时答复", "Your case, {name}, waits for your answer";
    /// To who opened the case or joined it: it takes longer.
    CaseExtended, Case, "您提交的“{name}”办理期限延长至{detail}", "Your case, {name}, takes longer, until {detail}";
    /// To the same: it is done, as who did it says.
    CaseDone, Case, "您提交的“{name}”已办结，请于{detail}前验收；逾期未答复的，视为已解决", "Your case, {name}, is said to be done. Until {detail} you can say whether it is; after that it counts as done";
    /// To the same: nobody said in time that it is not done.
    CaseLapsed, Case, "您提交的“{name}”逾期未验收，视为已解决", "Your case, {name}, counts as done: nobody said otherwise in time";
    /// To the same: it was ended without its being done.
    CaseClosed, Case, "您提交的“{name}”未能办理，已关闭", "Your case, {name}, was closed without its being done";
    /// To the others who opened or joined it: one of them says that it is not done.
    CaseReopened, Case, "您提交的“{name}”经验收尚未解决，已重新办理", "Your case, {name}, is not done, as one of those concerned says: it was reopened";
    /// To who opened the case or joined it: it goes on in another.
    CaseMerged, Case, "您提交的“{name}”与其他住户反映的为同一问题，已合并办理", "Your case, {name}, is the same as another household's, and goes on with it";
    /// To the firm or the department: a case was given to it.
    CaseAssigned, Case, "“{name}”已派至贵单位，请于{detail}前办结", "A case was given to you, and is to be done by {detail}: {name}";
    /// To the same: its time ran out.
    CaseOverdue, Case, "贵单位承办的“{name}”已超过办理期限", "The time for a case that is assigned to you has run out: {name}";
    /// To the same: an office urges it.
    CaseSupervised, Case, "贵单位承办的“{name}”已被督办", "An office urges you to get on with a case: {name}";
    /// To the same: what it did is not done, as those concerned say.
    CaseToRedo, Case, "贵单位承办的“{name}”经验收尚未解决，请于{detail}前重新办结", "A case that you had done is not done, and is to be by {detail}: {name}";
    /// To the same: it has nothing more to do about it, which went elsewhere or has ended.
    CaseTakenAway, Case, "“{name}”已改派、撤回或关闭，贵单位不再承办", "A case that was assigned to you went elsewhere or has ended: {name}";
}

impl NoticeKind {
    /// Whether it may go out by SMS too: what is about somebody's own dwelling, for residents alone
    /// have phones. Those who follow a firm are not messaged: they may be tens of thousands at
    /// once.
    pub fn may_be_sms(self) -> bool {
        self.about() == AboutKind::Residence
    }

    /// The kinds whose notices about the same thing say nothing any more once there is this one.
    pub fn supersedes(self) -> &'static [NoticeKind] {
        match self {
            NoticeKind::FollowedGrade | NoticeKind::FollowedUngraded => {
                &[NoticeKind::FollowedGrade, NoticeKind::FollowedUngraded]
            }
            NoticeKind::ProjectLeft => &[NoticeKind::ProjectLeft],
            NoticeKind::ProjectJoined => &[NoticeKind::ProjectJoined],
            NoticeKind::BranchLeft => &[NoticeKind::BranchLeft],
            NoticeKind::BranchJoined => &[NoticeKind::BranchJoined],
            NoticeKind::RecordNotIntended => &[NoticeKind::RecordIntended],
            NoticeKind::FollowedRevocation => &[NoticeKind::FollowedPenalty],
            NoticeKind::CaseLapsed | NoticeKind::CaseReopened => &[NoticeKind::CaseDone],
            NoticeKind::CaseTakenAway => &[
                NoticeKind::CaseAssigned,
                NoticeKind::CaseOverdue,
                NoticeKind::CaseSupervised,
                NoticeKind::CaseToRedo,
            ],
            NoticeKind::ProposalAgreed | NoticeKind::ProposalDropped => {
                &[NoticeKind::ProposalAsked, NoticeKind::ProposalConcerns]
            }
            _ => &[],
        }
    }

    /// Whether it is a firm's accounts that are told (or, of a case, a department's), and nobody
    /// who follows the firm.
    pub fn is_for_the_firm(self) -> bool {
        matches!(
            self,
            NoticeKind::ProjectLeft
                | NoticeKind::ProjectJoined
                | NoticeKind::BranchLeft
                | NoticeKind::BranchJoined
                | NoticeKind::RecordTakenBack
                | NoticeKind::CaseAssigned
                | NoticeKind::CaseOverdue
                | NoticeKind::CaseSupervised
                | NoticeKind::CaseToRedo
                | NoticeKind::CaseTakenAway
        )
    }

    /// The sentence; a day in `detail`, or a minute as `2026-11-22 10:00` in the city's zone, is
    /// written as the language writes it.
    pub fn sentence(self, language: Language, name: &str, detail: Option<&str>) -> String {
        let detail = detail.unwrap_or_default();
        let minute = || NaiveDateTime::parse_from_str(detail, MINUTE).ok();
        let detail = match detail.parse::<NaiveDate>() {
            Ok(day) => day_in(language, day),
            Err(_) => minute().map_or_else(|| detail.to_owned(), |minute| minute_in(language, minute)),
        };
        // The name last, which may hold anything.
        self.template().in_language(language).replace("{detail}", &detail).replace("{name}", name)
    }
}

fn day_in(language: Language, day: NaiveDate) -> String {
    let form = match language {
        Language::Chinese => "%Y年%-m月%-d日",
        Language::English => "%-d %B %Y",
    };
    day.format(form).to_string()
}

fn minute_in(language: Language, minute: NaiveDateTime) -> String {
    let day = day_in(language, minute.date());
    match language {
        Language::Chinese => format!("{day}{}", minute.format("%H:%M")),
        Language::English => format!("{day}, {}", minute.format("%H:%M")),
    }
}

/// A minute as the detail of a notice: `2026-11-22 10:00` in the city's zone.
pub fn minute_detail(instant: DateTime<Utc>, zone: Tz) -> String {
    instant.with_timezone(&zone).format(MINUTE).to_string()
}

/// What a notice is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"kind": "residence", "id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c"}))]
pub struct About {
    /// Its kind.
    pub kind: AboutKind,
    /// Which one; a firm by its uscc.
    pub id: String,
}

/// A notice. It is read by the account that it is to, and by nobody else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2d", "kind": "residence_ended", "text": "您在示范小区 3-2-501的住房绑定已被终止",
    "about": {"kind": "residence", "id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c"}, "reason": "经上门核实，已搬离该小区",
    "created_at": "2026-11-21T02:00:00Z", "read_at": null
}))]
pub struct Notice {
    /// Its id.
    pub id: String,
    /// What it tells.
    pub kind: NoticeKind,
    /// The same in a sentence, in the language of the request.
    pub text: String,
    /// What it is about.
    pub about: About,
    /// The official's reason, where one was given.
    pub reason: Option<String>,
    /// When it happened.
    pub created_at: DateTime<Utc>,
    /// When it was said to be read.
    pub read_at: Option<DateTime<Utc>>,
}

#[cfg(test)]
mod tests {
    use strum::VariantArray;

    use super::*;

    #[test]
    fn both_languages_say_the_same_of_each_kind() {
        for kind in NoticeKind::VARIANTS {
            let Text { zh, en } = kind.template();
            for part in ["{name}", "{detail}"] {
                assert_eq!(zh.matches(part).count(), en.matches(part).count(), "{kind}: {part}");
            }
        }
    }

    #[test]
    fn a_sentence_names_the_thing_and_what_was_decided() {
        let say = |kind: NoticeKind, language, name, detail| kind.sentence(language, name, detail);
        assert_eq!(
            say(NoticeKind::FollowedGrade, Language::Chinese, "示范物业", Some("AA")),
            "您关注的示范物业信用等级现为“AA”"
        );
        assert_eq!(
            say(NoticeKind::ObjectionExtended, Language::Chinese, "", Some("2026-12-01")),
            "所提异议情况复杂，处理期限延长至2026年12月1日"
        );
        assert_eq!(
            say(NoticeKind::RepairExtended, Language::English, "", Some("2026-12-01")),
            "The decision on your firm's request for repair takes longer, until 1 December 2026"
        );
        let due = minute_detail("2026-12-01T02:05:00Z".parse().unwrap(), crate::calendar::DEFAULT_ZONE);
        assert_eq!(
            say(NoticeKind::CaseAssigned, Language::Chinese, "报修·漏水", Some(&due)),
            "“报修·漏水”已派至贵单位，请于2026年12月1日10:05前办结"
        );
        assert_eq!(
            say(NoticeKind::CaseExtended, Language::English, "the leak", Some(&due)),
            "Your case, the leak, takes longer, until 1 December 2026, 10:05"
        );
        // What a name holds is text, whatever it looks like.
        assert_eq!(
            say(NoticeKind::RecordReturned, Language::English, "{detail}", Some("x")),
            "The record that you drafted was returned: {detail}"
        );
    }

    #[test]
    fn only_what_is_about_a_dwelling_may_go_to_phones() {
        let sent: Vec<String> =
            NoticeKind::VARIANTS.iter().filter(|kind| kind.may_be_sms()).map(ToString::to_string).collect();
        assert_eq!(
            sent,
            [
                "residence_approved",
                "residence_refused",
                "residence_ended",
                "residence_moved",
                "resident_added"
            ]
        );
    }
}
