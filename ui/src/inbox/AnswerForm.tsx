import { Button } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { local } from "../i18n";
import { Problem } from "../parts/Problem";
import styles from "./Inbox.module.css";
import { QuestionField } from "./QuestionField";
import type { Task, Values } from "./task";
import { useAnswer } from "./useTasks";

/** The form that a step asks for, and its buttons. */
export function AnswerForm({ task, onAnswered }: { task: Task; onAnswered: () => void }) {
  const { t } = useTranslation();
  const { fields, actions } = task.forms;
  const [values, setValues] = useState<Values>(task.result?.form ?? {});
  const answer = useAnswer(task, onAnswered);
  const wrong = answer.error?.byField ?? {};
  const named = fields.some((each) => wrong[each.name]);
  // One button is the one to press; those that approve otherwise stand beside it.
  const primary = actions.find((each) => each.status === 1);
  return (
    <form
      className={styles.form}
      aria-label={t("inbox:answer")}
      onSubmit={(e) => e.preventDefault()}
    >
      {fields.map((each) => (
        <QuestionField
          key={each.name}
          question={each}
          value={values[each.name]}
          error={wrong[each.name]}
          onChange={(value) => setValues({ ...values, [each.name]: value })}
        />
      ))}
      <Problem error={named ? null : answer.error} />
      <div className={styles.actions}>
        {actions.map((each) => (
          <Button
            key={each.key}
            variant={each === primary ? "filled" : "default"}
            disabled={answer.isPending}
            loading={answer.isPending && answer.variables.action === each.key}
            onClick={() => answer.mutate({ action: each.key, values })}
          >
            {local(each.label) || each.key}
          </Button>
        ))}
        {answer.isSuccess && (
          <span className="hint" role="status">
            {t("inbox:draftKept")}
          </span>
        )}
      </div>
    </form>
  );
}
