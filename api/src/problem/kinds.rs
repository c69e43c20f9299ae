//! Every kind of problem, by its stable `code`: what it is called, what it means and what to do
//! about it. `type` of a problem leads to the page that shows it.

use std::borrow::Cow;

use xinwu_domain::text::Text;

/// One kind of problem.
#[derive(Debug)]
pub struct ProblemKind {
    /// The stable word by which programs know it.
    pub code: &'static str,
    /// What it is called.
    pub title: Text,
    /// What it means.
    pub meaning: Text,
    /// What whoever meets it can do.
    pub advice: Text,
}

/// The kind with this code.
pub fn kind(code: &str) -> Option<&'static ProblemKind> {
    KINDS.binary_search_by(|kind| kind.code.cmp(code)).ok().and_then(|at| KINDS.get(at))
}

const fn text((zh, en): (&'static str, &'static str)) -> Text {
    Text { zh: Cow::Borrowed(zh), en: Cow::Borrowed(en) }
}

/// Each line of three is title, meaning and advice, in Chinese and in English.
macro_rules! kinds {
    ($($code:literal: $title:expr, $meaning:expr, $advice:expr;)*) => {
        /// All of them, in the order of their codes. A test compares them with the sources, and
        /// fails where an answer has another one (`tests/it/openapi.rs`,
        /// `tests/it/harness/contract.rs`).
        pub static KINDS: &[ProblemKind] = &[$(ProblemKind {
            code: $code,
            title: text($title),
            meaning: text($meaning),
            advice: text($advice),
        }),*];

        /// Their codes.
        pub const CODES: &[&str] = &[$($code),*];
    };
}

kinds! {
    "account_disabled":
        ("账号已停用", "The account is disabled"),
        ("该账号已被管理员停用，不能登录。", "An administrator has disabled this account; nobody can sign in with it."),
        ("请联系本单位的系统管理员。", "Ask your office's administrator.");
    "already_decided":
        ("已作出处理决定", "Already decided"),
        ("该事项已作出处理决定，不能再次处理。", "A decision has been made; it cannot be decided again."),
        ("请重新读取该对象，查看处理决定。", "Read the object again: it shows the decision.");
    "already_exists":
        ("内容已存在", "Already exists"),
        ("相同的内容已登记。", "The same thing is registered already."),
        ("请先查询已有的内容，再决定是否修改。", "Look up what exists, and change that if need be.");
    "already_extended":
        ("办理期限已延长过", "Already extended"),
        ("办理期限只能延长一次。", "The time for a decision can be extended only once."),
        ("请在现有期限内作出处理决定。", "Decide within the present deadline.");
    "already_joined":
        ("已加入该事项", "In it already"),
        ("您的住房已加入该事项。", "Your household is in the case already."),
        ("请在 GET /v1/me/cases 中查看该事项。", "You read it among your cases (`GET /v1/me/cases`).");
    "already_recorded":
        ("该决定已记录", "The decision is already recorded"),
        ("同一主体、同一类别、同一文号的决定只记录一次；比较文号时忽略“第”“号”、空格和标点。",
         "A decision is recorded once: the subject, the category and the document number are the same, apart from punctuation and spaces."),
        ("请查看 existing 所指的信息；如确为另一项决定，请核对文号。",
         "Look at the record that `existing` names; if it is another decision, check the document number.");
    "already_submitted":
        ("已有内容待确认", "Another one awaits confirmation"),
        ("同一对象、同一周期已有提交的内容等待确认。", "One for the same subject and period has been submitted and is not confirmed yet."),
        ("请先确认或退回已提交的内容。", "Have that one confirmed or returned first.");
    "already_withdrawn":
        ("异议已撤回", "The objection was withdrawn"),
        ("同一版本的内容只能提出一次异议，撤回后不能再次提出。", "Each revision can be objected to once, and that objection was withdrawn."),
        ("内容更正后可对新的版本提出异议。", "You may object to a later revision.");
    "announcement_over":
        ("公示已结束", "The announcement is over"),
        ("该等级的公示期已经结束，评价已生效或已撤回。", "The announced grade has taken effect, or was withdrawn."),
        ("如评价已生效，可对该评价提出异议。", "You may object to the evaluation that is in effect.");
    "author_may_not":
        ("提交人已无权限", "Who sent it may no longer do it"),
        ("提交该文件的账号已停用、调岗或不再有此权限。", "The account that sent the file was disabled, moved, or may no longer import it."),
        ("请退回该批次，由有权限的人员重新提交。", "Return the batch: somebody who may is to send it.");
    "bad_body":
        ("请求体无法读取", "The body could not be read"),
        ("请求体未完整传输，或传输方式有误。", "The body did not arrive complete, or was not sent properly."),
        ("请检查 Content-Length 或分块传输，然后重新发送。", "Check `Content-Length` or the chunked encoding, and send it again.");
    "bad_credentials":
        ("登录已失效", "You are no longer signed in"),
        ("请求所带的登录凭证无效、已过期，或该次登录已被终止。", "The token is invalid or has expired, or its session has ended."),
        ("请重新登录；程序请重新获取登录凭证。公开内容无需登录凭证即可读取。", "Sign in again, or get another token. What is public can be read without one.");
    "bad_field":
        ("字段无法读取", "A field could not be read"),
        ("请求体是 JSON，但含有不支持的字段、重复的字段或类型不符的值。",
         "The body is JSON, but has an unknown or repeated field, or a value of the wrong type."),
        ("errors 逐项指出字段（pointer）及原因；更正后重新提交。", "`errors` names each field by its `pointer`, with the reason: correct them and send it again.");
    "bad_json":
        ("不是有效的 JSON", "Not valid JSON"),
        ("请求体不是有效的 JSON。", "The body is not valid JSON."),
        ("errors 指出出错的行和列；常见原因是缺少引号、多余的逗号或编码不是 UTF-8。",
         "`errors` says in which line and column: often a quote is missing, there is a comma too many, or the encoding is not UTF-8.");
    "bad_parameter":
        ("参数有误", "A parameter is wrong"),
        ("路径、查询参数或请求头中有不支持的参数，或参数值不符合要求。",
         "A parameter of the path or the query, or a header, is unknown or has an invalid value."),
        ("errors 逐项指出参数名及原因；可用的参数见接口文档。", "`errors` names each parameter with the reason; the API documentation lists those that exist.");
    "bad_photo":
        ("照片无法读取", "The photo cannot be read"),
        ("照片文件已损坏或不完整，无法解码。", "The file of the photo is damaged or not whole, and cannot be decoded."),
        ("请重新拍摄或另选一张照片。", "Take the photo again, or choose another.");
    "bad_refresh_token":
        ("登录已失效", "The refresh token is no longer valid"),
        ("用于续期的登录凭证（refresh_token）已使用过、已过期，或该次登录已被终止。", "It has been used, has expired, or its session has ended."),
        ("请重新登录。程序只应保存最近一次返回的 refresh_token。", "Sign in again. Keep only the refresh token that you received last.");
    "bad_request":
        ("请求有误", "Bad request"),
        ("请求不符合 HTTP 的要求，无法处理。", "The request cannot be handled as it is."),
        ("请检查请求的方法、路径和请求头。", "Check its method, path and headers.");
    "bad_token":
        ("登录凭证无效", "The token is not valid"),
        ("登录凭证不是由本系统签发，或已被改动。", "The token was not issued by this service, or has been altered."),
        ("请重新登录；程序请重新获取登录凭证，并检查所用的服务地址。", "Sign in again, or get another token; check that you are using the right service.");
    "busy":
        ("登录人数过多", "Too many people are signing in"),
        ("同时登录的人数过多，暂时无法处理。", "More people are signing in right now than can be served."),
        ("请在 Retry-After 所示的秒数后重试。", "Try again after as many seconds as `Retry-After` says.");
    "changed_meanwhile":
        ("内容已变更", "Something changed meanwhile"),
        ("文件提交后登记内容已变更，其中有的行已不能按所示内容写入。", "Things have changed since the file was sent, and some rows would do something else than is shown of them."),
        ("errors 以 /rows/行号 指出这些行；请退回，由提交人按现状重新提交。", "`errors` names them as `/rows/{line}`. Return the file: it is to be sent again as things stand.");
    "content_encoding":
        ("不支持的内容编码", "Encoded bodies are not accepted"),
        ("请求体使用了 Content-Encoding，本系统只接受未经压缩或编码的请求体。", "The body has a `Content-Encoding`; only plain bodies are accepted."),
        ("请发送未经压缩的请求体。", "Send the body uncompressed.");
    "cursor_too_old":
        ("游标已失效", "The cursor is too old"),
        ("该游标之后的部分变更已不再保留，从该游标继续无法得到完整的副本。", "Some of the changes after it are no longer kept, so a copy cannot catch up from it."),
        ("请重新下载快照并替换现有副本，不要合并。", "Fetch the snapshot again and replace your copy with it; do not merge the two.");
    "deadline_passed":
        ("期限已过", "The deadline has passed"),
        ("办理期限已经届满。", "The time for the decision has ended."),
        ("期限届满后不能延长，请尽快作出处理决定。", "It can no longer be extended: decide as soon as possible.");
    "disk_full":
        ("存储空间不足", "The disk is full"),
        ("服务器存储空间已满，暂时无法写入；查询不受影响。", "Nothing can be written now; reading goes on."),
        ("请稍后再试；运维人员请清理或扩充存储空间。", "Try again later. Operators: make room on the disk.");
    "district_days_over":
        ("区级核查期限已过", "The district's time has passed"),
        ("异常集中评分的区级核查期限已过，由市级处理。", "The days in which the district could decide about the held ratings have passed."),
        ("请由市级工作人员处理。", "An official of the city decides now.");
    "effective_in_past":
        ("生效日期已过", "Its first day has passed"),
        ("评分办法的生效日期不得早于公布之日。", "A version of a scheme cannot take effect before the day on which it is announced."),
        ("请将生效日期改为公布之日或以后的日期。", "Name that day or a later one.");
    "ended_already":
        ("导入已结束", "The import has ended"),
        ("该导入已经完成、失败或被撤回。", "It was completed, failed or was withdrawn."),
        ("如需再次导入，请重新提交文件。", "To import it again, send the file again.");
    "estate_already_served":
        ("该小区已有服务项目", "The estate is served already"),
        ("同一小区在同一时间只能有一个服务项目。", "An estate has one project at a time."),
        ("请先结束原项目，或调整起止日期。", "End the other project first, or change the dates.");
    "hearing_open":
        ("陈述申辩期未满", "The firm or the manager can still be heard"),
        ("当事人已被告知拟作出的惩戒，陈述申辩期未满，且尚未提出陈述申辩。", "Whom it names was told of the penalty that is meant, can be heard until the day that `detail` names, and has said nothing yet."),
        ("请待当事人陈述申辩或期满后确认。", "Confirm it once each has made a statement, or after that day.");
    "hearing_over":
        ("陈述申辩期已满", "The time to be heard is over"),
        ("陈述申辩须在告知的日期之前（含当日）提出。", "A statement is taken until the day that was told, that day included."),
        ("已提出的陈述留存在案；信息生效后可以提出异议。", "What was said stands in the file; once the record is in force, you may object to it.");
    "household_has_rated":
        ("本户本月已评价", "Your dwelling has rated this month"),
        ("一户每月只有一份评价，同住的另一位居民本月已评价。", "A dwelling has one rating a month, and somebody who lives there has given it."),
        ("下月可再次评价。", "You can rate again next month.");
    "idempotency_key_reused":
        ("幂等键已用于另一请求", "The key was used for another request"),
        ("该 Idempotency-Key 已用于内容不同的请求。", "This `Idempotency-Key` was used for a request with different content."),
        ("每个请求请使用新的幂等键；仅在重发同一请求时沿用原键。", "Use a new key for each request, and the same key only to repeat a request.");
    "if_match_required":
        ("缺少版本条件", "If-Match is missing"),
        ("修改多人共用的对象须说明修改所依据的版本，以免覆盖他人的修改。",
         "A change of a shared object must say which version it was made from, so that it does not undo somebody else's."),
        ("请先读取该对象，把得到的 ETag 放在 If-Match 中。", "Read the object, and send its `ETag` as `If-Match`.");
    "in_use":
        ("仍被使用", "Something rests on it"),
        ("仍有登记或信息以该登记为依据，不能停用。", "Something that runs or counts rests on this entry, so that it cannot be retired."),
        ("请先处理 detail 所示的内容。", "See to what `detail` names first.");
    "internal":
        ("服务内部错误", "Something went wrong"),
        ("服务内部出错，详情仅记录在服务日志中。", "The fault is ours; the details are only in the service's log."),
        ("请稍后再试；如仍出现，请将 request_id 告知运维人员。", "Try again later. If it happens again, tell the operators the `request_id`.");
    "invalid":
        ("内容不符合要求", "A field breaks a rule"),
        ("提交的内容可以读取，但有字段不符合要求。", "The request could be read, but at least one field breaks a rule."),
        ("errors 逐项指出字段（pointer）及原因；更正后重新提交。", "`errors` names each field by its `pointer`, with the reason: correct them and send it again.");
    "last_admin":
        ("最后一名管理员", "The last administrator"),
        ("停用该账号或更改其角色后，系统将没有管理员。", "Without this account the system would have no administrator."),
        ("请先添加另一名管理员。", "Add another administrator first.");
    "lately_refused":
        ("近期申请未获准", "It was refused recently"),
        ("上次修复申请未获准，尚未到可再次申请的日期。", "A request for this repair was refused, and it is too early to ask again."),
        ("请在提示的日期之后再次申请。", "Ask again from the day that is named.");
    "manager_has_account":
        ("项目经理已有账号", "The manager has an account"),
        ("该项目经理已有账号，异议由本人提出。", "The manager objects by the own account."),
        ("请由本人登录后提出。", "Leave it to the manager.");
    "method_not_allowed":
        ("不支持的请求方法", "Method not allowed"),
        ("该地址存在，但不支持此请求方法。", "The path exists, but does not support this method."),
        ("可用的方法见响应头 Allow。", "The header `Allow` lists the methods that it supports.");
    "month_without_key":
        ("本月不再接受评价", "No ratings are taken this month"),
        ("系统由备份恢复，本月的评价密钥已按规定销毁。", "The service was restored from a backup, and the key that protects this month's ratings has been destroyed."),
        ("请自下月1日起评价。", "Rate again from the 1st of the next month.");
    "near_dwellings":
        ("登记中有相近的住房", "There are similar dwellings"),
        ("登记中有与所填楼栋、单元、房号相近的住房，可能是同一套住房。", "The register has dwellings whose building, unit and room are very similar."),
        ("请选择其中一套，或确认都不是。", "Pick one of them, or say that it is none of them.");
    "no_power_to_confirm":
        ("没有确认权限", "No power to confirm"),
        ("此操作须由有确认权限的工作人员进行。", "Only officials with the power to confirm may do this."),
        ("请由有确认权限的同事办理，或向管理员申请权限。", "Have a colleague with that power do it, or ask the administrator for it.");
    "no_staff_number":
        ("未登记工号", "No staff number"),
        ("该账号未登记工号，无法判断与另一账号是否为同一人。", "The account has no staff number, so that nobody can be told to be another person."),
        ("请管理员登记工号。", "Ask an administrator to enter it.");
    "not_a_penalty":
        ("不是不良信息", "It is not a penalty"),
        ("信用修复只适用于不良信息。", "Only a penalty can be repaired."),
        ("请选择要修复的不良信息。", "Choose the penalty that is to be repaired.");
    "not_a_resident":
        ("不是该小区居民", "Not a resident of the estate"),
        ("只有该小区经核实的居民可以评价、提交事项。", "Only verified residents of the estate may rate its project or open cases there."),
        ("请先申请绑定住房；经核实后可以提交事项，自次月起可以评价。", "Claim your dwelling first; once it is verified, you may open cases, and rate from the month after.");
    "not_acceptable":
        ("不支持的返回格式", "None of the requested types is available"),
        ("不能按 Accept 要求的格式返回。", "This cannot be returned in any of the types that `Accept` names."),
        ("detail 列出可返回的格式；不带 Accept 时返回 JSON。", "`detail` lists the types that are available; without `Accept` it is JSON.");
    "not_by_procedure":
        ("不符合办理程序", "Not according to the procedure"),
        ("按评分办法规定的程序，此步骤由其他单位或级别办理。", "By the scheme's procedure, this step is for another body or level."),
        ("请由 detail 所示的单位办理。", "Have it done by the body that `detail` names.");
    "not_drafters_side":
        ("不是起草单位", "Not the office that drafted it"),
        ("只有起草单位的工作人员可以进行此操作。", "Only officials of the office that drafted it may do this."),
        ("请联系起草单位。", "Ask the office that drafted it.");
    "not_found":
        ("未找到", "Not found"),
        ("请求的内容不存在、不再公开，或您无权知悉。", "It does not exist, is no longer public, or is not yours to know of."),
        ("请核对地址、统一社会信用代码或编号；企业可按名称查询（/v1/firms?q=）。",
         "Check the path, the code or the id; a firm can be searched by its name (`/v1/firms?q=`).");
    "not_importable":
        ("不支持的导入格式", "Not a file that can be imported"),
        ("导入文件须为 CSV 或 NDJSON，并说明其格式。", "Files must be CSV or NDJSON, and say which."),
        ("请使用 text/csv 或 application/x-ndjson，或以 format 参数说明格式。", "Send `text/csv` or `application/x-ndjson`, or name the `format`.");
    "not_json":
        ("请求体未声明为 JSON", "The body is not declared as JSON"),
        ("请求体须为 application/json。", "Bodies must be `application/json`."),
        ("请设置 Content-Type: application/json。", "Set `Content-Type: application/json`.");
    "not_own_level":
        ("不属于本级评价", "Not your level"),
        ("社区、街道、区县只能以本级身份评价。", "A community, a street and a district each assess for themselves."),
        ("请在地址中使用本级的评价方。", "Name your own level in the path.");
    "not_signed_in":
        ("未登录", "Not signed in"),
        ("此操作须登录后进行。", "You need to be signed in for this."),
        ("请先登录，并以 Authorization: Bearer 发送登录凭证（access_token）。", "Sign in, and send the token as `Authorization: Bearer`.");
    "not_the_assignee":
        ("不是承办单位", "Not the assignee"),
        ("该事项未派给您的单位。", "The case is not assigned to your firm, office or department."),
        ("请由承办单位办理；如派单有误，请由派单单位改派。", "Leave it to the assignee that the case names; its desk can dispatch it to somebody else.");
    "not_the_desk":
        ("不是派单单位", "Not its desk"),
        ("该步骤由事项的派单单位或其上级单位进行。", "This step is for the office at whose desk the case is, or for one above it."),
        ("请由事项的 desk 所示的单位办理。", "Have it done by the office that its `desk` names.");
    "not_the_opener":
        ("不是提出人", "Not who opened it"),
        ("该步骤只能由提出该事项的居民进行。", "This step is for the resident who opened the case; other households only joined it."),
        ("办结后，您可以反馈是否满意，或要求重新办理。", "Once it is done, you can verify or reopen it.");
    "not_verified":
        ("住房绑定尚未核实", "The residence is not verified"),
        ("只能终止已核实的住房绑定记录。", "Only a verified residence can be ended."),
        ("对待核实的申请，请作出通过或不予通过的决定。", "Approve or refuse a claim that is still pending.");
    "not_verified_yet":
        ("住房尚未核实", "Your dwelling is not verified yet"),
        ("您的住房绑定申请尚未经社区核实。", "The community has not verified your claim to a dwelling yet."),
        ("经核实后，自次月起可以评价。", "Once it has, you may rate from the month after.");
    "not_waiting":
        ("无需确认", "Nothing to confirm"),
        ("该内容无需确认，或已经确认。", "It needs no confirmation, or has been confirmed already."),
        ("请重新读取该对象。", "Read the object again.");
    "objection_open":
        ("异议正在处理", "An objection is open"),
        ("对该内容的异议正在处理。", "An objection against it has not been decided yet."),
        ("请等待处理决定；处理期限见该异议。", "Wait for the decision; the objection says until when.");
    "other_operator":
        ("项目由另一方承接", "Another operator has the project"),
        ("该小区自该日起的项目由另一方承接，不能通过导入更换承接方。", "An import cannot give a project to another operator."),
        ("更换承接方请先结束原项目，再新增项目。", "End the old project and add a new one.");
    "others_joined":
        ("已有其他住户加入", "Others have joined"),
        ("已有其他住户加入该事项，不能撤回。", "Other households have the same problem and joined the case, so that it goes on."),
        ("办结后，您可以反馈是否满意。", "Once it is done, say whether you are satisfied.");
    "out_of_reach":
        ("不在管辖范围内", "Outside your jurisdiction"),
        ("该对象不在您的管辖范围内，或不属于您的企业、住房。", "It belongs to another place, firm or household."),
        ("请由有管辖权的单位办理。", "Have it done by those in charge of it.");
    "own_account":
        ("本人账号", "One's own account"),
        ("本人账号的变更不能由本人提出。", "What becomes of an account is not proposed from it."),
        ("请由另一名管理员提出。", "Have another administrator propose it.");
    "part_of_batch":
        ("属于批量导入", "It came with an import"),
        ("该信息由批量导入提交，须整批确认或退回。", "What came with an import is confirmed or returned as a whole."),
        ("请对整批进行确认或退回。", "Confirm or return the whole batch.");
    "period_not_over":
        ("周期尚未结束", "The period is not over"),
        ("该周期的评价在周期结束后方可确认。", "A period's assessments are confirmed once it has ended."),
        ("请自周期结束次日起确认。", "Confirm them from the day after the period's last.");
    "person_has_rated":
        ("您本月已评价", "You have rated this month"),
        ("每人每月对同一项目只能评价一次，您本月已就另一套住房评价。", "A person has one rating for each project and month, and you have given it for another dwelling."),
        ("下月可再次评价。", "You can rate again next month.");
    "phone_reserved":
        ("手机号码暂不可用", "The phone number cannot be used yet"),
        ("该号码的原账号近期有过评价或举报，为保护其隐私，暂不能改用。",
         "The account that had this number rated or flagged recently; taking the number now could reveal what it did."),
        ("请在 detail 所示日期之后再改用该号码。", "Change to it after the day that `detail` names.");
    "phone_taken":
        ("手机号码已有账号", "The phone number has an account"),
        ("该手机号码已用于另一个账号。", "Another account uses this phone number."),
        ("请先用该号码登录并注销那个账号，或改用其他号码。", "Sign in with it and delete that account first, or use another number.");
    "proposal_open":
        ("已有待确认事项", "A proposal is open already"),
        ("对该对象已有待确认的双人确认事项，见 `existing`。", "A proposal about the same object waits for its second person; `existing` names it."),
        ("请先确认、退回或撤回该事项。", "Have it confirmed, returned or withdrawn first.");
    "proposal_refused":
        ("规则不允许办理该事项", "The rules refuse what was proposed"),
        ("按现行规则不能办理该事项，`errors` 列出原因；该事项仍待处理，未作任何修改。", "What was proposed is against the rules as things stand; `errors` says why. It waits on, and nothing was done."),
        ("请予以退回并说明理由，或在情况改变后再确认。", "Return it, with the reason, or confirm it once things have changed.");
    "proposal_stale":
        ("双人确认事项已失效", "The proposal is stale"),
        ("提请后对象已变更，`errors` 列出变更的字段；对象已不存在，或提请人已无权进行此操作。该事项已终止，未作任何修改。", "The object has changed since it was proposed (`errors` names the fields) or is gone, or who proposed it may no longer do so. The proposal has ended, and nothing was done."),
        ("请按现状重新提请。", "Propose it again, as things stand.");
    "range_not_satisfiable":
        ("范围超出文件", "The range lies outside the file"),
        ("请求的字节范围不在文件之内。", "None of the requested bytes is in the file."),
        ("请按 Content-Range 给出的长度重新请求，或不带 Range 下载全部。", "Ask within the length that `Content-Range` says, or without `Range` for all of it.");
    "rates_from_next_month":
        ("自次月起可以评价", "You may rate from next month"),
        ("您的住房于本月核实或变更地址，或您本月有过同小区的另一处住房，自次月起可以评价。", "Your dwelling was verified or got another address this month, or you left another of the estate; you may rate from the month after."),
        ("请在次月评价。", "Rate next month.");
    "rating_held":
        ("评价正在核查", "The rating is held"),
        ("该评价与同批评价一起核查，核查期间不能修改或撤回。", "It is being looked at together with others that came at the same time, and cannot be changed or taken back meanwhile."),
        ("核查结束后再试。", "Try again once that is done.");
    "rating_published":
        ("评价已计入公布的数据", "The rating is published"),
        ("已计入公布数据的评价不能修改或撤回。", "A rating that is part of published figures can no longer be changed or taken back."),
        ("下月可再次评价。", "You can rate again next month.");
    "register_full":
        ("登记户数已满", "The register is full"),
        ("登记户数已达到小区申报的户数。", "The register already has as many dwellings as the estate declared."),
        ("请更正申报户数，或逐户新增并由另一名有确认权限的人员确认。", "Correct the declared number, or add them one by one, each confirmed by another official with the power.");
    "repair_open":
        ("修复申请正在处理", "A repair is open"),
        ("该信息已有修复申请正在处理。", "A request for its repair has not been decided yet."),
        ("请查看 existing 所指的申请。", "Look at the request that `existing` names.");
    "rests_on":
        ("有的行不能撤销", "Some rows cannot be taken back"),
        ("文件写入后，其中有的行又有更正、异议、修复等变动，或新增了登记；整批未作任何改动。",
         "Something has come of rows of the file since, or they made entries that stay; nothing of the file was taken back."),
        ("errors 以 /rows/行号 指出这些行；请逐条办理，或更正后再撤销。", "`errors` names them as `/rows/{line}`: see to each by itself.");
    "retired":
        ("登记已停用", "The entry is retired"),
        ("该登记因误登或重复已停用，只能恢复，不能修改。", "The entry was made by mistake or twice, and is retired: it can only be taken back."),
        ("请使用 successor 所指的登记，或先恢复（`retired` 为 false）。", "Use the entry that its `successor` names, or take it back first (`retired`: false).");
    "returned_before":
        ("该单位已退单", "It was returned from there"),
        ("该单位在本轮办理中已退单，不能再次派给该单位。", "Whom it was to go to has returned the case in this cycle, and does not get it back."),
        ("detail 列出退单顺序；请派给其他单位，或上报上级单位协调。", "`detail` names the chain: dispatch it to somebody else, or escalate it.");
    "role_not_allowed":
        ("无权进行此操作", "Your role may not do this"),
        ("您的账号角色没有此项操作的权限。", "Accounts with your role may not do this."),
        ("各角色的权限见 docs/permissions.csv；如需权限请联系管理员。", "`docs/permissions.csv` lists who may do what; ask the administrator.");
    "same_assignee":
        ("已派给该单位", "It is assigned there already"),
        ("该事项已派给该单位，无需再次派单。", "The case is with this assignee already."),
        ("如需催办，请督办；如需变更办理期限，请调整级别。", "Supervise it to urge them, or reclassify it for another deadline.");
    "second_factor_required":
        ("须使用第二要素", "A second factor is needed"),
        ("该账号已设置动态码而登录时未提供；或该账号是管理员账号或有确认权限，尚未设置动态码。", "The account has an authenticator, whose code is missing; or it is an administrator's or may confirm, and has none yet."),
        ("登录时在 `totp` 中提供动态码或恢复码；尚未设置的，请先调用 POST /v1/me/totp。", "Sign in with `totp`, the code or a recovery code; set one up by `POST /v1/me/totp` where there is none.");
    "second_person_needed":
        ("须由另一人办理", "Another person is needed"),
        ("该操作须双人办理：起草、提请或经办该内容的人员，与其同一工号的账号，以及无权确认该事项的人员，均不能确认或处理。", "Two people do this: neither who drafted or proposed it or had a hand in it, nor an account of the same staff number, nor somebody whose turn it is not may confirm it or decide on it."),
        ("请由未参与且有权的人员办理；双人确认事项由 `asks` 所列的人员确认。", "Ask somebody who may and had no part in it; a proposal names in `asks` who confirms it.");
    "second_primary":
        ("已有主评分办法", "There is a primary scheme already"),
        ("同一类主体在同一时间只能有一个主评分办法。", "A kind of subject has one primary scheme at a time."),
        ("请调整生效日期，或不设为主评分办法。", "Change its first day, or do not make it the primary scheme.");
    "similar_case":
        ("已有类似事项", "There is a similar case"),
        ("同一小区、同一位置近期已有同类事项正在办理，见 `existing`。", "An open case of the same estate, category and building was opened lately; `existing` names it."),
        ("请加入该事项（POST /v1/me/cases/{id}/join）；如确属另一问题，请带 `despite_similar` 重新提交。", "Join it (`POST /v1/me/cases/{id}/join`); if yours is another problem, send it again with `despite_similar`.");
    "snapshot_being_made":
        ("快照正在生成", "The snapshot is being made"),
        ("全量快照正在生成，尚未完成。", "The file with everything public is being written and is not ready yet."),
        ("请按 Retry-After 给出的秒数后重试。", "Try again after as many seconds as `Retry-After` says.");
    "staff_may_not_rate":
        ("企业员工不得评价", "Staff may not rate"),
        ("企业员工不得评价本企业的项目。", "A firm's staff may not rate its projects."),
        ("如您已离职，请联系企业更新员工名册。", "If you have left, ask the firm to update its list.");
    "staff_may_not_verify":
        ("企业员工不得验单", "Staff may not verify"),
        ("物业企业的员工不能加入或验收由本企业承办的事项。", "A firm's staff neither join nor verify a case that the firm is to do."),
        ("如您已离职，请联系企业更新员工名册。", "If you have left, ask the firm to update its list.");
    "stale":
        ("内容已被他人修改", "It has changed meanwhile"),
        ("If-Match 所示的版本不是当前版本：在您读取之后，内容已被修改。", "`If-Match` names a version that is no longer current: it has been changed since you read it."),
        ("请重新读取，在新的内容上再作修改，并发送新的 ETag。", "Read it again, redo the change on that, and send its `ETag`.");
    "tag_of_another_object":
        ("ETag 属于另一个对象", "The tag belongs to another object"),
        ("If-Match 中的 ETag 不是所修改对象的。", "The `ETag` in `If-Match` is that of another object."),
        ("请读取要修改的对象，并发送其 ETag。", "Read the object that you want to change, and send its own `ETag`.");
    "token_expired":
        ("登录已过期", "The token has expired"),
        ("登录凭证（access_token）的有效期已过。", "Access tokens are valid for a short time."),
        ("请重新登录；程序可用 refresh_token 换取新的登录凭证。", "Use the refresh token, or sign in again.");
    "too_early":
        ("最短公示期未满", "Too early"),
        ("不良信息的最短公示期未满，暂不能申请信用修复（《信用修复管理办法》，国家发展改革委令第36号）。",
         "The penalty has not been public for the minimum time yet (NDRC Order 36)."),
        ("请在提示的日期之后申请。", "Ask from the day that is named.");
    "too_large":
        ("请求体过大", "The body is too large"),
        ("请求体超过上限：一般为 1 MiB，照片为 8 MiB，导入文件另有上限。", "Bodies have at most 1 MiB, photos 8 MiB; imports have a limit of their own."),
        ("请分批提交，缩小照片；大量数据请使用导入。", "Send less at a time, make photos smaller, or import large amounts.");
    "too_many_claims":
        ("绑定住房过于频繁", "Too many dwellings were claimed"),
        ("该号码一天内绑定住房的次数过多。", "This phone has claimed too many dwellings in a day."),
        ("请在 Retry-After 所示的秒数后重试；名册上没有您的号码时，请联系社区。", "Try again after as many seconds as `Retry-After` says; where the roster lacks your phone, ask the community.");
    "too_many_codes":
        ("获取验证码过于频繁", "Too many codes"),
        ("该号码或该网络地址获取验证码的次数过多。", "Too many codes were asked for with this phone number or from this address."),
        ("请在 Retry-After 所示的秒数后重试。", "Try again after as many seconds as `Retry-After` says.");
    "too_many_failures":
        ("登录失败次数过多", "Too many failed attempts"),
        ("该账号或该网络地址登录失败的次数过多，暂时不能登录。", "Signing in to this account, or from this address, has failed too often."),
        ("请在 Retry-After 所示的秒数后重试。", "Try again after as many seconds as `Retry-After` says.");
    "too_many_follows":
        ("关注的企业太多", "Too many firms are followed"),
        ("一个账号最多关注100家企业。", "An account can follow at most 100 firms."),
        ("请先取消对部分企业的关注。", "Stop following some of them first.");
    "too_many_open_cases":
        ("未办结的事项过多", "Too many open cases"),
        ("您未办结的事项数量已达上限。", "You have as many open cases as a resident may have at once."),
        ("请待已有事项办结，或撤回不再需要的事项。", "Wait until one has ended, or withdraw one that you no longer need.");
    "too_many_phone_changes":
        ("更换手机号码过于频繁", "The phone number was changed too often"),
        ("该账号更换手机号码的次数过多。", "This account has changed its phone number too often."),
        ("请在 Retry-After 所示的秒数后重试。", "Try again after as many seconds as `Retry-After` says.");
    "too_many_photos":
        ("照片数量已达上限", "As many photos as there can be"),
        ("每个事项的照片数量有上限，该事项已达到上限。", "A case has a limited number of photos, and this one has them all."),
        ("请在办理说明或补充说明中以文字描述。", "Say the rest in words.");
    "too_many_pixels":
        ("照片像素过大", "The photo has too many pixels"),
        ("照片最多为4000万像素，超过的不予解码。", "A photo has at most 40 megapixels; a larger one is not decoded."),
        ("请缩小照片后重新上传。", "Make the photo smaller and send it again.");
    "too_many_requests":
        ("请求过于频繁", "Too many requests"),
        ("该网络地址未登录读取的次数过多，或该账号更改评价的次数过多。", "Too much was read from this address without signing in, or this account has changed its ratings too often."),
        ("请在 Retry-After 所示的秒数后重试；需要全部数据的，请下载快照（/v1/snapshots/latest）。", "Try again after as many seconds as `Retry-After` says; who wants all of it fetches the snapshot (`/v1/snapshots/latest`).");
    "too_many_residences":
        ("绑定的住房过多", "Too many dwellings"),
        ("同时绑定的住房数量已达上限。", "The account already has as many dwellings as it may have at once."),
        ("请先解除已不再居住的住房的绑定。", "Give up one that you no longer live in.");
    "too_many_statements":
        ("陈述申辩次数过多", "Too many statements"),
        ("对同一次告知，陈述申辩的修改次数已达上限。", "A statement on what was told can be put in other words only a few times."),
        ("最后一次提交的内容留存在案。", "The last one stands in the file.");
    "too_many_uploads":
        ("同时导入的文件过多", "Too many files at once"),
        ("该账号已有两个文件正在上传、等待处理或处理中。", "Two files of this account are being sent, wait or are imported just now."),
        ("请等待其中一个处理完毕，或在 Retry-After 所示的秒数后重试。", "Wait until one of them is done, or try again after as many seconds as `Retry-After` says.");
    "too_many_waiting":
        ("等待变更的请求过多", "Too many requests wait for changes"),
        ("同时等待变更的请求已达上限：总数，或来自同一网络地址的。", "As many requests wait for changes as may at once, in all or from one address."),
        ("请稍后再试，或不带 wait 查询。", "Try again shortly, or ask without `wait`.");
    "too_many_wrong_codes":
        ("错误的验证码过多", "Too many wrong codes"),
        ("该网络地址、其所在网络或全系统近一小时内错误的验证码过多。", "Too many codes were wrong in the last hour, from this address, from its network or in all."),
        ("请在 Retry-After 所示的秒数后重试；获取验证码时带上 device 的设备不受此限。", "Try again after as many seconds as `Retry-After` says; a device that asks for its codes with `device` need not wait.");
    "too_slow":
        ("请求体传输太慢", "The body came too slowly"),
        ("请求体未在规定时间内传完：小的须在数秒内送达，大的须保持一定的速度。", "The body did not arrive in time: a small one must be here within seconds, a large one keep a rate."),
        ("请检查网络后重试；具体要求见 detail。", "Check the connection and try again; `detail` says what is asked.");
    "unavailable":
        ("服务暂不可用", "The service is busy"),
        ("服务繁忙或数据库暂不可用。", "The service is busy, or its database cannot be reached now."),
        ("请在 Retry-After 所示的秒数后重试。", "Try again after as many seconds as `Retry-After` says.");
    "unsupported_media_type":
        ("不支持的照片格式", "Not a photo that is taken"),
        ("照片须为 JPEG 或 PNG，且文件内容与 Content-Type 一致。", "Photos are JPEG or PNG, and what their `Content-Type` says."),
        ("请以 image/jpeg 或 image/png 发送照片文件本身。", "Send the file itself as `image/jpeg` or `image/png`.");
    "username_taken":
        ("用户名已被使用", "The username is taken"),
        ("该用户名已用于另一个账号。", "Another account has this username."),
        ("请换一个用户名。", "Choose another one.");
    "version_announced":
        ("该版本已公布", "The version is announced"),
        ("已公布的评分办法版本不能修改或重复使用版本号。", "An announced version cannot be changed, and its number cannot be used again."),
        ("请使用更大的版本号。", "Use a higher number.");
    "weak_tag":
        ("不接受弱 ETag", "The tag is weak"),
        ("If-Match 只接受强 ETag，不接受以 W/ 开头的弱 ETag。", "`If-Match` takes strong tags only; a weak one (`W/…`) never matches."),
        ("请原样发送读取该对象时得到的 ETag；如 ETag 被代理改写，请关闭代理的压缩功能。",
         "Send the `ETag` exactly as you received it; if a proxy has weakened it, turn off the proxy's compression.");
    "wrong_client":
        ("客户端标识或密钥错误", "The client's id or secret is wrong"),
        ("client_id 或 client_secret 不正确，或该客户端已停用。", "There is no such client, it is disabled, or its secret is wrong."),
        ("请核对标识与密钥；密钥遗失须由管理员重新签发。", "Check both; if the secret is lost, an administrator can issue a new one.");
    "wrong_code":
        ("验证码错误", "The code is wrong"),
        ("验证码不正确、已过期或已使用。", "The code is incorrect, has expired or has been used."),
        ("请核对验证码，或重新获取。", "Check it, or ask for another.");
    "wrong_password":
        ("用户名或密码错误", "The username or the password is wrong"),
        ("用户名或密码不正确。", "There is no such account, or the password is wrong."),
        ("请核对后重试；如忘记密码，请联系管理员。", "Check both; ask an administrator if the password is lost.");
    "wrong_state":
        ("当前状态不能进行此操作", "Its state does not allow this"),
        ("对象所处的状态不允许这一步骤。", "This step is not possible in the state that the object is in."),
        ("state 说明其状态，allows 列出该状态下可进行的操作；由谁进行，以权限为准。",
         "`state` says how it stands, and `allows` lists the operations that this allows; who may do them is another matter.");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_found_by_its_code_and_is_told_whole() {
        assert!(CODES.is_sorted_by(|one, next| one < next));
        for each in KINDS {
            assert_eq!(kind(each.code).map(|found| found.code), Some(each.code));
            // A title is no sentence, and shows no code; the others are, and may.
            assert!(!each.title.en.contains('`'), "{}", each.code);
            assert!(!each.title.zh.is_empty() && !each.title.en.is_empty(), "{}", each.code);
            assert!(!each.title.zh.ends_with('。') && !each.title.en.ends_with('.'), "{}", each.code);
            for text in [&each.meaning, &each.advice] {
                assert!(text.zh.ends_with('。') && text.en.ends_with('.'), "{}: {text:?}", each.code);
                assert!(text.zh.matches('`').count() % 2 == 0, "{}: {text:?}", each.code);
                assert!(text.en.matches('`').count() % 2 == 0, "{}: {text:?}", each.code);
            }
        }
        assert!(kind("no_such_code").is_none());
    }
}
